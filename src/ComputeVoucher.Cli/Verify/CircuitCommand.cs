using System;
using System.CommandLine;
using System.IO;
using System.Numerics;
using System.Text;
using System.Threading;
using ComputeVoucher.Bn254;
using ComputeVoucher.Circuits;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Cli;

/// <summary><c>circuit</c>: the constraints that say output = model(input), and a run's witness.
/// </summary>
internal static class CircuitCommand
{
    public static Command Create()
    {
        Option<string> model = Opt.Needed<string>("--model", "An integer graph", "FILE");
        Option<string> output = Opt.Needed<string>("--output",
            "Where circuit.r1cs, circuit.json and, of a run, witness.wtns go", "DIR", "-o");
        Option<string> witness = Opt.Of<string>(
            "--witness", "Raw bytes of one input: its run, as a value of each wire", "INPUT");
        Option<string> seed = Opt.Of<string>("--development-key",
            "Also circuit.zkey and key.json from this public text: for development alone, since "
                + "whoever knows the text forges proofs", "SEED");
        Option<int> threads = Opt.Or<int>("--threads", "Threads that make the key", "N", 2);
        return ReportCommand.Create("circuit",
            "Turn a model into a circuit, for proofs that output = model(input)", parsed =>
        {
            using IModel opened = ModelFile.Open(parsed.GetRequiredValue(model));
            string folder = parsed.GetRequiredValue(output);
            try
            {
                int team = Opt.Bounded(parsed, threads, 1, BackendOption.ThreadsMax);
                Report report = Write(opened, folder, parsed.GetValue(witness));
                if (parsed.GetValue(seed) is { } text)
                {
                    WriteKey(folder, text, team);
                }

                return report;
            }
            catch (CircuitException failure)
            {
                throw new CommandException(
                    $"{parsed.GetRequiredValue(model)}: {failure.Message}", failure);
            }
        }, model, output, witness, seed, threads);
    }

    private static Report Write(IModel model, string folder, string? inputFile)
    {
        GraphCircuit circuit = new(model);
        InputFile? input = inputFile is null ? null : InputFile.Load(inputFile, model);
        if (input is { Count: not 1 })
        {
            throw new UsageException($"{inputFile}: one input is wanted, not {input.Count}");
        }

        Report report = Describe(model, circuit);
        Directory.CreateDirectory(folder);
        OutputFile.Write(Path.Combine(folder, "circuit.r1cs"), circuit.Write);
        OutputFile.Write(Path.Combine(folder, "circuit.json"), report.ToJson() + "\n");
        if (input is not null)
        {
            OutputFile.Write(
                Path.Combine(folder, "witness.wtns"), circuit.WitnessOf(input[0].Span).Write);
        }

        return report;
    }

    private static void WriteKey(string folder, string seed, int threads)
    {
        int draws = 0;
        void Draw(Span<byte> bytes) => Keccak256.Hash(
            Encoding.UTF8.GetBytes($"ComputeVoucher development key {draws++}: {seed}"))
            .Span.CopyTo(bytes);
        using Interruption interruption = new(CancellationToken.None);
        string keyFile = Path.Combine(folder, "circuit.zkey");
        using (FileStream circuit = File.OpenRead(Path.Combine(folder, "circuit.r1cs")))
        {
            DevelopmentKey key = new(ConstraintSystem.Read(circuit), Draw, threads);
            OutputFile.Write(keyFile, stream => key.Write(stream, interruption.Token));
        }

        using FileStream written = File.OpenRead(keyFile);
        OutputFile.Write(
            Path.Combine(folder, "key.json"), ProvingKey.Read(written).Verification.ToJson());
    }

    private static Report Describe(IModel model, GraphCircuit circuit)
    {
        Report operators = new();
        for (int i = 0; i < circuit.OperatorCount; i++)
        {
            operators.Add($"{i} {circuit.NameOf(i)}", (long)circuit.ConstraintsOf(i));
        }

        int rows = circuit.Constraints + circuit.OutputWords + circuit.InputWords + 1;
        return new Report()
            .Add("modelRoot", model.ModelRoot.ToString())
            .Add("constraints", (long)circuit.Constraints)
            .Add("wires", (long)circuit.Wires)
            .Add("domain", (long)BitOperations.RoundUpToPowerOf2((uint)rows))
            .Add("outputWords", (long)circuit.OutputWords)
            .Add("inputWords", (long)circuit.InputWords)
            .Add("operators", operators);
    }
}
