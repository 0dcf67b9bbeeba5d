using System;
using System.CommandLine;
using System.IO;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Cli.Tests;

/// <summary>Proofs and circuits by the commands. The proof, its words and both keys are snarkjs'
/// own, of the circuit in tests/snarkjs.</summary>
[Trait("Category", "load")]
public sealed class ProofCommandTests : IDisposable
{
    private static readonly string s_samples =
        Path.Combine(SharedData.RepositoryRoot, "tests", "vectors", "groth16");

    private readonly string _folder = Directory.CreateTempSubdirectory("cv-proof-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ProofOfSnarkjs_IsVerified() =>
        Assert.Equal(ExitStatus.Done, Verify("key.json", "proof.json", "public.json"));

    [Fact]
    public void ProofOfOtherWords_IsRefused()
    {
        string words = File.ReadAllText(Path.Combine(s_samples, "public.json"));
        string changed = Path.Combine(_folder, "words.json");
        File.WriteAllText(changed, words.Replace("\"154\"", "\"155\"", StringComparison.Ordinal));
        Assert.NotEqual(words, File.ReadAllText(changed));
        Refused("proves nothing about these", "key.json", "proof.json", changed);
    }

    [Fact]
    public void KeyThatAnybodyForgesFor_IsRefused() =>
        Refused("delta is gamma", "forgeable.json", "proof.json", "public.json");

    [Fact]
    public void OtherFiles_AreRefusedWithTheirNames()
    {
        Refused("public.json: ", "key.json", "public.json", "public.json");
        Refused("proof.json: ", "proof.json", "proof.json", "public.json");
        Refused("key.json: ", "key.json", "proof.json", "key.json");
        string file = Path.Combine(_folder, "not.zkey");
        File.WriteAllText(file, "nothing");
        CommandException refused = Assert.Throws<CommandException>(() => Run(
            "prove", "--key", file, "--witness", file, "-o", _folder));
        Assert.StartsWith(file, refused.Message, StringComparison.Ordinal);
    }

    [SharedDataFact("tflite/ad")]
    public void CircuitOfAModel_AndTheWitnessOfARun_AreWritten()
    {
        string folder = Path.Combine(_folder, "circuit");
        Assert.Equal(ExitStatus.Done, Run(
            "circuit", "--model", SharedData.PathOf("tflite", "ad", "model.tflite"),
            "--witness", SharedData.PathOf("tflite", "ad", "max.in"), "-o", folder));
        Assert.Contains("\"domain\":65536",
            File.ReadAllText(Path.Combine(folder, "circuit.json")), StringComparison.Ordinal);
        byte[] head = File.ReadAllBytes(Path.Combine(folder, "circuit.r1cs"))[..4];
        Assert.Equal("r1cs"u8.ToArray(), head);
        Assert.Equal("wtns"u8.ToArray(),
            File.ReadAllBytes(Path.Combine(folder, "witness.wtns"))[..4]);
    }

    [Fact]
    public void ModelWithoutACircuit_IsRefusedBeforeAnythingIsWritten()
    {
        string folder = Path.Combine(_folder, "none");
        CommandException refused = Assert.Throws<CommandException>(() => Run(
            "circuit", "--model", NodeRig.ShippedModel, "-o", folder));
        Assert.Contains("SOFTMAX", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder));
    }

    private static void Refused(string why, string key, string proof, string words) =>
        Assert.Contains(why, Assert.Throws<CommandException>(() => Verify(key, proof, words))
            .Message, StringComparison.Ordinal);

    private static int Verify(string key, string proof, string words) => Run(
        "verify", "proof", "--key", Path.Combine(s_samples, key),
        "--proof", Path.Combine(s_samples, proof), "--public", Path.Combine(s_samples, words));

    private static int Run(params string[] arguments)
    {
        ParseResult parsed = CommandTree.Parse(CommandTree.Create(), arguments);
        Assert.Empty(parsed.Errors);
        return parsed.Invoke(new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
        });
    }
}
