using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Text.Json;
using ComputeVoucher.Execution;

namespace ComputeVoucher.Cli;

/// <summary><c>bench</c>: latency per inference and throughput of one model on this machine.
/// </summary>
internal sealed class BenchCommand
{
    /// <summary>Runs that warm caches and are not counted.</summary>
    private const int WarmUpRuns = 3;

    /// <summary>Longest measurement in seconds; a slip of the keyboard is refused.</summary>
    private const double SecondsMax = 3_600;

    /// <summary>Latencies kept, 8 bytes each; the run ends when they are full.</summary>
    private const int RunsMax = 10_000_000;

    /// <summary>Largest saved run: what <c>--save</c> writes is under one kilobyte.</summary>
    private const long SavedBytesMax = 64 << 10;

    private readonly Option<string> _model = Opt.Needed<string>(
        "--model", "Model file of any format", "FILE");

    private readonly Option<string> _input = Opt.Of<string>(
        "--input", "Raw tensor bytes, used in turn (default: one input of zero bytes)", "FILE");

    private readonly Option<double> _seconds = Opt.Or<double>(
        "--seconds", "How long to measure", "S", 3);

    private readonly Option<bool> _trace = Opt.Flag(
        "--trace", "Commit the whole trace in every run");

    private readonly Option<string> _save = Opt.Of<string>(
        "--save", "Write the figures as JSON, for --against", "FILE");

    private readonly Option<string> _against = Opt.Of<string>(
        "--against", "Compare with a saved run of the same model", "FILE");


    public static Command Create()
    {
        BenchCommand bench = new();
        return ReportCommand.Create("bench", "Latency per inference and throughput of a model",
            bench.Run, bench._model, bench._input, BackendOption.Backend, BackendOption.Threads,
            bench._seconds, bench._trace, bench._save, bench._against);
    }

    private Report Run(ParseResult parsed)
    {
        double seconds = parsed.GetValue(_seconds);
        if (!(seconds > 0 && seconds <= SecondsMax))
        {
            throw new UsageException(string.Create(
                CultureInfo.InvariantCulture,
                $"--seconds {seconds}: more than 0 and at most {SecondsMax} is wanted"));
        }

        (Backend backend, int threads) = BackendOption.Parse(parsed);
        using IModel model = ModelFile.Open(parsed.GetRequiredValue(_model));
        InputFile inputs = Inputs(parsed.GetValue(_input), model);
        using IModelSession session = model.CreateSession(backend, threads);
        RunOptions options = new() { Trace = parsed.GetValue(_trace) };
        (Latencies latencies, ulong units) = Measure(session, inputs, options, seconds);
        Report report = Figures(model, session, threads, options.Trace, latencies, units);
        if (parsed.GetValue(_save) is { } path)
        {
            OutputFile.Write(path, report.ToJson() + "\n");
        }

        if (parsed.GetValue(_against) is { } saved)
        {
            Compare(report, model, latencies.At(0.50), saved);
        }

        return report;
    }

    private static InputFile Inputs(string? path, IModel model)
    {
        if (path is not null)
        {
            return InputFile.Load(path, model);
        }

        return model.InputBytesMin == model.InputBytesMax
            ? InputFile.Of([new byte[model.InputBytesMax]])
            : throw new UsageException("--input: this model takes inputs of many lengths, so one "
                + "is wanted (generate --record FILE writes one)");
    }

    /// <summary>How long every run took, and the units of all of them.</summary>
    private static (Latencies Latencies, ulong Units) Measure(
        IModelSession session, InputFile inputs, RunOptions options, double seconds)
    {
        for (int i = 0; i < WarmUpRuns; i++)
        {
            session.Run(inputs[i % inputs.Count].Span, options);
        }

        TimeProvider time = TimeProvider.System;
        List<double> micros = [];
        ulong units = 0;
        long begin = time.GetTimestamp();
        do
        {
            long start = time.GetTimestamp();
            RunResult result = session.Run(inputs[micros.Count % inputs.Count].Span, options);
            micros.Add(time.GetElapsedTime(start).TotalMicroseconds);
            units += result.Units;
        }
        while (micros.Count < RunsMax && time.GetElapsedTime(begin).TotalSeconds < seconds);
        return (new Latencies(micros), units);
    }

    private static Report Figures(
        IModel model, IModelSession session, int threads, bool trace, Latencies latencies,
        ulong units) =>
        new Report()
            .Add("modelRoot", model.ModelRoot.ToString())
            .Add("backend", Backends.NameOf(session.Backend))
            .Add("threads", threads)
            .Add("trace", trace)
            .Add("runs", latencies.Count)
            .Add("runsPerSecond", latencies.Count / latencies.TotalSeconds)
            .Add("gigaunitsPerSecond", units / latencies.TotalSeconds / 1e9)
            .Add("latencyMicros", new Report()
                .Add("min", latencies.At(0))
                .Add("p50", latencies.At(0.50))
                .Add("p90", latencies.At(0.90))
                .Add("p99", latencies.At(0.99))
                .Add("p999", latencies.At(0.999))
                .Add("max", latencies.At(1)));

    private static void Compare(Report report, IModel model, double p50, string path)
    {
        (string root, double savedP50) = Saved(path);
        if (root != model.ModelRoot.ToString())
        {
            throw new CommandException($"{path}: a run of model {root}, not of {model.ModelRoot} "
                + "(compare runs of one model)");
        }

        report.Add("savedP50", savedP50).Add("p50AgainstSaved", p50 / savedP50);
    }

    private static (string Root, double P50) Saved(string path)
    {
        FileInfo file = new(path);
        if (!file.Exists || file.Length > SavedBytesMax)
        {
            throw new CommandException($"{path}: no saved run (write one with: bench --save FILE)");
        }

        try
        {
            using JsonDocument saved = JsonDocument.Parse(File.ReadAllBytes(path));
            double p50 = saved.RootElement.GetProperty("latencyMicros").GetProperty("p50")
                .GetDouble();
            string root = saved.RootElement.GetProperty("modelRoot").GetString() ?? "";
            return p50 > 0
                ? (root, p50)
                : throw new CommandException($"{path}: a median of {p50} µs (save the run again)");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException
            or InvalidOperationException or FormatException)
        {
            throw new CommandException(
                $"{path}: not a saved run (write one with: bench --save FILE)", e);
        }
    }
}
