using System;
using System.CommandLine;
using System.Diagnostics;
using System.IO;
using ComputeVoucher.Execution;

namespace ComputeVoucher.Cli;

/// <summary><c>infer</c>: local inference on raw tensor bytes.</summary>
internal sealed class InferCommand
{
    private readonly Option<string> _model = Opt.Needed<string>(
        "--model", "Model file of any format", "FILE");

    private readonly Option<string> _input = Opt.Needed<string>(
        "--input", "Raw tensor bytes; k inputs in a row give k outputs", "FILE");

    private readonly Option<string> _output = Opt.Needed<string>(
        "--output", "Where the outputs go, in a row", "FILE");

    private readonly Option<string> _trace = Opt.Of<string>(
        "--trace", "Write every committed tensor of the last input, for `verify`", "FILE");

    private readonly Option<string> _dump = Opt.Of<string>(
        "--dump", "Write every operator's output as opNNN.bin (of the last input)", "DIR");


    public static Command Create()
    {
        InferCommand infer = new();
        Command command = new("infer", "One or more local inferences on raw tensor bytes")
        {
            infer._model, infer._input, infer._output, infer._trace, BackendOption.Backend,
            infer._dump, BackendOption.Threads,
        };
        command.SetAction(infer.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        (Backend backend, int threads) = BackendOption.Parse(parsed);
        using IModel model = ModelFile.Open(parsed.GetRequiredValue(_model));
        InputFile inputs = InputFile.Load(parsed.GetRequiredValue(_input), model);
        using IModelSession session = model.CreateSession(backend, threads);
        using FileStream output = new(
            parsed.GetRequiredValue(_output), FileMode.Create, FileAccess.Write);
        for (int i = 0; i < inputs.Count; i++)
        {
            bool last = i == inputs.Count - 1;
            using TraceDump dump = last
                ? new TraceDump(parsed.GetValue(_trace), parsed.GetValue(_dump))
                : new TraceDump(null, null);
            RunOptions options = new() { Trace = true, OnTensor = dump.Callback };
            long start = Stopwatch.GetTimestamp();
            RunResult result = session.Run(inputs[i].Span, options);
            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            output.Write(result.Output);
            dump.Finish(result);
            Print(model, session, result, elapsed, parsed.GetValue(CommonOptions.Json));
        }

        return ExitStatus.Done;
    }

    private static void Print(
        IModel model, IModelSession session, RunResult result, TimeSpan elapsed, bool json) =>
        new Report()
            .Add("modelRoot", model.ModelRoot.ToString())
            .Add("inputRoot", result.InputRoot.ToString())
            .Add("outputRoot", result.OutputRoot.ToString())
            .Add("traceRoot", result.TraceRoot.ToString())
            .Add("units", (UInt128)result.Units)
            .Add("micros", elapsed.TotalMicroseconds)
            .Add("backend", Backends.NameOf(session.Backend))
            .Print(json);
}
