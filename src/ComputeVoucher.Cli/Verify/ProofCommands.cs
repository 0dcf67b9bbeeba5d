using System;
using System.CommandLine;
using System.IO;
using System.Threading;
using ComputeVoucher.Bn254;

namespace ComputeVoucher.Cli;

/// <summary><c>prove</c> and <c>verify proof</c>: Groth16 over files of snarkjs' formats.</summary>
internal static class ProofCommands
{
    /// <summary>A machine of this project has two cores at least.</summary>
    private const int ThreadsDefault = 2;

    public static Command CreateProve()
    {
        Option<string> key = Opt.Needed<string>("--key", "Proving key of the circuit", "FILE.zkey");
        Option<string> witness = Opt.Needed<string>(
            "--witness", "A value of each wire", "FILE.wtns");
        Option<string> circuit = Opt.Of<string>("--circuit",
            "The circuit: its first constraint that the witness does not satisfy is named",
            "FILE.r1cs");
        Option<string> output = Opt.Needed<string>(
            "--output", "Where proof.json and public.json go", "DIR", "-o");
        Option<int> threads = Opt.Or<int>("--threads", "Threads that prove", "N", ThreadsDefault);
        return ReportCommand.Create("prove",
            "Prove that a witness satisfies a circuit, for whoever has the verification key",
            parsed =>
        {
            int team = Opt.Bounded(parsed, threads, 1, BackendOption.ThreadsMax);
            Witness values = Read(parsed.GetRequiredValue(witness), Witness.Read);
            if (parsed.GetValue(circuit) is { } constraints)
            {
                RequireSatisfied(constraints, values);
            }

            string keyFile = parsed.GetRequiredValue(key);
            Prover prover = new(Read(keyFile, ProvingKey.Read), team);
            return Prove(prover, values, keyFile, parsed.GetRequiredValue(output));
        }, key, witness, circuit, output, threads);
    }

    public static Command CreateVerify()
    {
        Option<string> key = Opt.Needed<string>(
            "--key", "Verification key of the circuit", "FILE");
        Option<string> proof = Opt.Needed<string>("--proof", "As `prove` writes it", "FILE");
        Option<string> words = Opt.Needed<string>(
            "--public", "Public words of the statement, as `prove` writes them", "FILE");
        return ReportCommand.Create("proof", "Check a proof of Groth16", parsed =>
        {
            VerificationKey trusted = Parse(parsed.GetRequiredValue(key),
                VerificationKey.JsonBytesMax, VerificationKey.Parse);
            string file = parsed.GetRequiredValue(proof);
            Proof given = Parse(file, Proof.JsonBytesMax, Proof.Parse);
            Scalar[] statement = Parse(parsed.GetRequiredValue(words),
                PublicWords.JsonBytesMax, PublicWords.Parse);
            return new Verifier(trusted).Verify(given, statement)
                ? new Report().Add("valid", true).Add("words", (long)statement.Length)
                : throw new CommandException($"{file}: proves nothing about these public words "
                    + "with this key (another statement, another circuit, or a forged proof)");
        }, key, proof, words);
    }

    private static Report Prove(Prover prover, Witness witness, string key, string folder)
    {
        using Interruption interruption = new(CancellationToken.None);
        try
        {
            Proof proof = prover.Prove(witness, Libc.FillRandom, interruption.Token);
            string proofFile = Path.Combine(folder, "proof.json");
            string wordsFile = Path.Combine(folder, "public.json");
            Directory.CreateDirectory(folder);
            OutputFile.Write(proofFile, proof.ToJson());
            OutputFile.Write(wordsFile, PublicWords.ToJson(prover.WordsOf(witness).Span));
            return new Report().Add("proof", proofFile).Add("public", wordsFile);
        }
        catch (ProofException failure)
        {
            throw new CommandException($"{key}: {failure.Message}", failure);
        }
    }

    private static void RequireSatisfied(string path, Witness witness)
    {
        if (Read(path, stream => ConstraintSystem.Read(stream).FirstBroken(witness))
            is { } broken)
        {
            throw new CommandException(
                $"{path}: the witness does not satisfy constraint {broken}");
        }
    }

    private static T Read<T>(string path, Func<Stream, T> read)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read);
        return Named(path, () => read(stream));
    }

    private static T Parse<T>(string path, int bytesMax, Func<ReadOnlyMemory<byte>, T> parse) =>
        Named(path, () => parse(BoundedFile.Read(path, bytesMax)));

    private static T Named<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ProofException failure)
        {
            throw new CommandException($"{path}: {failure.Message}", failure);
        }
    }
}
