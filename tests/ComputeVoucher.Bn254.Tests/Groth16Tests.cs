using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Bn254.Tests;

/// <summary>Proofs against snarkjs in both directions, and everything that must not verify.
/// </summary>
[Collection(SnarkjsGroup.Name)]
[Trait("Category", "load")]
public sealed class Groth16Tests(SnarkjsRun run)
{
    private readonly Random _random = new(16);

    [Fact]
    public void ProofsOfSnarkjs_Verify()
    {
        Verifier fromJson = new(run.VerificationKey());
        Verifier fromKey = new(run.Key().Verification);
        for (int i = 0; i < SnarkjsRun.Proofs; i++)
        {
            Assert.True(fromJson.Verify(run.ProofOf(i), run.WordsOf(i)));
            Assert.True(fromKey.Verify(run.ProofOf(i), run.WordsOf(i)));
            Assert.False(fromJson.Verify(
                run.ProofOf(i), run.WordsOf((i + 1) % SnarkjsRun.Proofs)));
        }
    }

    [Fact]
    public async Task OurProofs_AreAcceptedBySnarkjs()
    {
        int proofs = Runs.Count(40, 200);
        string folder = Directory.CreateTempSubdirectory("cv-proofs-").FullName;
        try
        {
            Prover prover = new(run.Key(), threads: 2);
            for (int i = 0; i < proofs; i++)
            {
                Witness witness = run.WitnessOf(i % SnarkjsRun.Proofs);
                Proof proof = prover.Prove(witness, _random.NextBytes);
                await File.WriteAllBytesAsync(
                    Path.Combine(folder, $"{i}.proof.json"), proof.ToJson());
                await File.WriteAllBytesAsync(Path.Combine(folder, $"{i}.public.json"),
                    PublicWords.ToJson(prover.WordsOf(witness).Span));
            }

            // The detector detects: the proof of one statement, the words of another.
            File.Copy(Path.Combine(folder, "0.proof.json"), Path.Combine(folder, "x.proof.json"));
            File.Copy(Path.Combine(folder, "1.public.json"), Path.Combine(folder, "x.public.json"));
            Dictionary<string, bool> verdicts = await run.VerifyAsync(folder);
            Assert.Equal(proofs + 1, verdicts.Count);
            Assert.False(verdicts["x"]);
            Assert.Equal(proofs, verdicts.Values.Count(v => v));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void ProofAndWords_AreWrittenAsTheyWereRead()
    {
        for (int i = 0; i < SnarkjsRun.Proofs; i++)
        {
            Assert.Equal(Encoding.UTF8.GetString(run.Bytes($"{i}.proof.json")),
                Encoding.UTF8.GetString(run.ProofOf(i).ToJson()));
            Assert.Equal(Encoding.UTF8.GetString(run.Bytes($"{i}.public.json")),
                Encoding.UTF8.GetString(PublicWords.ToJson(run.WordsOf(i))));
        }
    }

    [Fact]
    public void VerificationKey_IsWrittenAsSnarkjsDoes_FromBothFiles()
    {
        string wanted = Encoding.UTF8.GetString(run.Bytes("tiny.vk.json"));
        Assert.Equal(wanted, Encoding.UTF8.GetString(run.VerificationKey().ToJson()));
        Assert.Equal(wanted, Encoding.UTF8.GetString(run.Key().Verification.ToJson()));
    }

    [Fact]
    public async Task DevelopmentKey_ProvesForUsAndForSnarkjs_AndIsTheSameForTheSameSeed()
    {
        byte[] key = Development(seed: 5, threads: 2);
        Assert.Equal(key, Development(seed: 5, threads: 1));
        Assert.NotEqual(key, Development(seed: 6, threads: 2));
        ProvingKey ours = ProvingKey.Read(new MemoryStream(key));
        Prover prover = new(ours, threads: 2);
        string folder = Directory.CreateTempSubdirectory("cv-proofs-").FullName;
        try
        {
            Proof proof = prover.Prove(run.WitnessOf(2), _random.NextBytes);
            await File.WriteAllBytesAsync(Path.Combine(folder, "x.proof.json"), proof.ToJson());
            await File.WriteAllBytesAsync(Path.Combine(folder, "x.public.json"),
                PublicWords.ToJson(run.WordsOf(2)));
            string json = Path.Combine(folder, "key.json");
            await File.WriteAllBytesAsync(json, ours.Verification.ToJson());
            Assert.True((await SnarkjsRun.VerifyAsync(json, folder))["x"]);
            Assert.False(new Verifier(run.VerificationKey()).Verify(proof, run.WordsOf(2)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void ProofsOfOneWitness_Differ_AndTheThreadsDoNotMatter()
    {
        ProvingKey key = run.Key();
        byte[] one = new Prover(key, 1).Prove(run.WitnessOf(3), new Random(1).NextBytes).ToJson();
        byte[] three = new Prover(key, 3).Prove(run.WitnessOf(3), new Random(1).NextBytes).ToJson();
        byte[] other = new Prover(key, 1).Prove(run.WitnessOf(3), new Random(2).NextBytes).ToJson();
        Assert.Equal(one, three);
        Assert.NotEqual(one, other);
    }

    [Fact]
    public void OtherWords_AreRefused()
    {
        Verifier verifier = new(run.VerificationKey());
        Proof proof = run.ProofOf(4);
        Scalar[] words = run.WordsOf(4);
        for (int i = 0; i < words.Length; i++)
        {
            Scalar[] changed = [.. words];
            changed[i] = Numbers.Word((Numbers.Of(words[i]) + 1) % Numbers.R);
            Assert.False(verifier.Verify(proof, changed));
        }

        Assert.False(verifier.Verify(proof, words.AsSpan(1)));
        Assert.False(verifier.Verify(proof, [.. words, default]));
        Assert.True(verifier.Verify(proof, words));
    }

    [Fact]
    public void OtherPoints_AreRefused()
    {
        Verifier verifier = new(run.VerificationKey());
        for (int i = 0; i < Runs.Count(60, 2_000); i++)
        {
            Proof proof = run.ProofOf(i % SnarkjsRun.Proofs);
            Proof changed = (i % 5) switch
            {
                0 => new Proof(proof.A.Negated, proof.B, proof.C),
                1 => new Proof(proof.A, proof.B, proof.C.Negated),
                2 => new Proof(proof.C, proof.B, proof.A),
                3 => new Proof(proof.A, Numbers.TimesG2(i), proof.C),
                _ => new Proof(proof.A, proof.B, Numbers.TimesG1(i)),
            };
            Assert.False(verifier.Verify(changed, run.WordsOf(i % SnarkjsRun.Proofs)));
        }

        // Nothing identifies a proof by its bytes: the other one of this pair verifies too.
        Proof honest = run.ProofOf(0);
        Assert.True(verifier.Verify(
            new Proof(honest.A.Negated, honest.B.Negated, honest.C), run.WordsOf(0)));
    }

    [Fact]
    public void KeyWithoutContribution_IsRefused()
    {
        ProofException json = Assert.Throws<ProofException>(
            () => VerificationKey.Parse(run.Bytes("forgeable.vk.json")));
        Assert.Contains("delta is gamma", json.Message, StringComparison.Ordinal);
        ProofException key = Assert.Throws<ProofException>(
            () => ProvingKey.Read(new MemoryStream(run.Bytes("forgeable.zkey"))));
        Assert.Contains("delta is gamma", key.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void KeyWhoseDeltaIsMinusGamma_IsRefused()
    {
        VerificationKey key = run.VerificationKey();
        Assert.Throws<ProofException>(() => new VerificationKey(
            key.Alpha, key.Beta, key.Gamma, key.Gamma.Negated, key.Words));
    }

    [Fact]
    public void KeyOfEqualShape_RefusesTheOthersProofs()
    {
        VerificationKey key = run.VerificationKey();
        VerificationKey other = new(
            key.Alpha, key.Beta, key.Gamma, Numbers.TimesG2(12_345), key.Words);
        Assert.False(new Verifier(other).Verify(run.ProofOf(0), run.WordsOf(0)));
    }

    [Fact]
    public void EveryValueOfAWitness_IsBound()
    {
        Prover prover = new(run.Key(), threads: 2);
        byte[] honest = run.Bytes("5.wtns");
        int values = run.WitnessOf(5).Values.Length;
        ConstraintSystem system = Circuit();
        Assert.Null(system.FirstBroken(run.WitnessOf(5)));
        for (int wire = 1; wire < values; wire++)
        {
            byte[] bytes = [.. honest];
            bytes[^((values - wire) * 32)] ^= 1;
            Witness changed = Witness.Read(new MemoryStream(bytes));
            Assert.NotNull(system.FirstBroken(changed));
            if (wire % Runs.Count(16, 1) == 1 % Runs.Count(16, 1))
            {
                Assert.Throws<ProofException>(() => prover.Prove(changed, _random.NextBytes));
            }
        }
    }

    [Fact]
    public void WitnessOfAnotherLength_IsRefused()
    {
        byte[] bytes = run.Bytes("5.wtns");
        byte[] shorter = bytes[..^32];
        // Count of the header, then length of the second section.
        BitConverter.TryWriteBytes(shorter.AsSpan(60), run.WitnessOf(5).Values.Length - 1);
        BitConverter.TryWriteBytes(shorter.AsSpan(68), (long)(shorter.Length - 76));
        Witness witness = Witness.Read(new MemoryStream(shorter));
        Prover prover = new(run.Key(), threads: 1);
        Assert.Throws<ProofException>(() => prover.Prove(witness, _random.NextBytes));
        Assert.Throws<ProofException>(() => Circuit().FirstBroken(witness));
    }

    [Fact]
    public void CancelledProof_IsNoProof()
    {
        using CancellationTokenSource source = new();
        source.Cancel();
        Prover prover = new(run.Key(), threads: 2);
        Assert.ThrowsAny<OperationCanceledException>(
            () => prover.Prove(run.WitnessOf(0), _random.NextBytes, source.Token));
    }

    [Fact]
    public void BrokenRandomSource_IsTold()
    {
        Prover prover = new(run.Key(), threads: 1);
        Assert.Throws<ProofException>(
            () => prover.Prove(run.WitnessOf(0), bytes => bytes.Fill(0xff)));
    }

    [BinaryFact]
    public async Task Binary_ProvesWhatSnarkjsAndItselfAccept()
    {
        string folder = Directory.CreateTempSubdirectory("cv-proofs-").FullName;
        try
        {
            string At(string name) => Path.Combine(run.Folder, name);
            Assert.Equal(0, NodeRig.Run("prove", "--key", At("tiny.zkey"), "--witness",
                At("7.wtns"), "--circuit", At("tiny.r1cs"), "-o", folder).Status);
            string proof = Path.Combine(folder, "proof.json");
            string words = Path.Combine(folder, "public.json");
            Assert.Equal(0, NodeRig.Run("verify", "proof", "--key", At("tiny.vk.json"),
                "--proof", proof, "--public", words).Status);
            File.Move(proof, Path.Combine(folder, "x.proof.json"));
            File.Move(words, Path.Combine(folder, "x.public.json"));
            Assert.True((await run.VerifyAsync(folder))["x"]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private byte[] Development(int seed, int threads)
    {
        MemoryStream stream = new();
        new DevelopmentKey(Circuit(), new Random(seed).NextBytes, threads).Write(stream);
        return stream.ToArray();
    }

    private ConstraintSystem Circuit() =>
        ConstraintSystem.Read(new MemoryStream(run.Bytes("tiny.r1cs")));
}
