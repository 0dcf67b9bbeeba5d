using System;
using System.CommandLine;
using System.Diagnostics;
using System.IO;
using ComputeVoucher.Execution;

namespace ComputeVoucher.Cli;

/// <summary><c>infer</c>: local inference on raw tensor bytes.</summary>
internal sealed class InferCommand
{
    private readonly Option<string> _model = new("--model")
    {
        Description = "Model file of any format", HelpName = "FILE", Required = true,
    };

    private readonly Option<string> _input = new("--input")
    {
        Description = "Raw tensor bytes; k inputs in a row give k outputs",
        HelpName = "FILE",
        Required = true,
    };

    private readonly Option<string> _output = new("--output")
    {
        Description = "Where the outputs go, in a row", HelpName = "FILE", Required = true,
    };

    private readonly Option<string> _trace = new("--trace")
    {
        Description = "Write every committed tensor of the last input, for `verify`",
        HelpName = "FILE",
    };

    private readonly Option<string> _dump = new("--dump")
    {
        Description = "Write every operator's output as opNNN.bin (of the last input)",
        HelpName = "DIR",
    };

    private readonly Option<string> _backend = BackendOption.CreateBackend();
    private readonly Option<int> _threads = BackendOption.CreateThreads();

    public static Command Create()
    {
        InferCommand infer = new();
        Command command = new("infer", "One or more local inferences on raw tensor bytes")
        {
            infer._model, infer._input, infer._output, infer._trace, infer._backend,
            infer._dump, infer._threads,
        };
        command.SetAction(infer.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        Backend backend = BackendOption.Parse(parsed.GetRequiredValue(_backend));
        int threads = BackendOption.CheckThreads(parsed.GetValue(_threads));
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
            .Add("units", result.Units)
            .Add("micros", elapsed.TotalMicroseconds)
            .Add("backend", Backends.NameOf(session.Backend))
            .Print(json);
}
