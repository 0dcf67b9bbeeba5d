using System;
using System.CommandLine;
using System.IO;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary><c>verify receipt|trace|opening</c>, and <c>open</c>, which makes openings.</summary>
internal sealed class VerifyCommands
{
    /// <summary>One line of a receipts file: an output of 64 MiB in hex is beyond use.</summary>
    private const int LineCharsMax = 64 << 20;

    private readonly Argument<string> _file = new("FILE");
    private readonly Option<string> _channel = ClientOptions.CreateChannel();

    private readonly Option<string> _model = new("--model")
    {
        Description = "Also recompute root and units from the model, and run it on --input",
        HelpName = "FILE",
    };

    private readonly Option<string> _input = new("--input")
    {
        Description = "The inputs that were ordered", HelpName = "FILE",
    };

    private readonly Option<string> _root = new("--root")
    {
        Description = "The committed root", HelpName = "HEX",
    };

    public static Command CreateVerify()
    {
        VerifyCommands verify = new();
        Command group = new("verify", "Check a receipt, a trace or an opening");
        group.Add(verify.CreateReceipt());
        group.Add(verify.CreateTrace());
        group.Add(verify.CreateOpening());
        return group;
    }

    /// <summary><c>open</c>: elements of one tensor with their proof.</summary>
    public static Command CreateOpen()
    {
        Argument<string> file = new("FILE") { Description = "Trace, from `infer --trace`" };
        Option<int> tensor = Number("--tensor", "Index of the tensor in the trace");
        Option<int> element = Number("--element", "First element to open");
        Option<int> count = new("--count")
        {
            Description = "Elements to open", HelpName = "N", DefaultValueFactory = _ => 1,
        };
        Option<string> output = new("--output", "-o")
        {
            Description = "Where the opening goes", HelpName = "FILE", Required = true,
        };
        Command command = new("open", "Open elements of a trace, with their proof")
        {
            file, tensor, element, count, output,
        };
        command.SetAction(parsed =>
        {
            TraceFile trace = TraceFile.Load(parsed.GetRequiredValue(file));
            Opening opening = Open(trace, parsed.GetValue(tensor), parsed.GetValue(element),
                parsed.GetValue(count));
            OutputFile.Write(parsed.GetRequiredValue(output), opening.Encoded.ToArray());
            Describe(opening).Add("root", trace.Root.ToString())
                .Add("bytes", opening.Encoded.Length)
                .Print(parsed.GetValue(CommonOptions.Json));
            return ExitStatus.Done;
        });
        return command;
    }

    private static Option<int> Number(string name, string description) => new(name)
    {
        Description = description, HelpName = "N", Required = true,
    };

    private static Opening Open(TraceFile trace, int tensor, int element, int count)
    {
        if (tensor < 0 || tensor >= trace.Tensors.Count)
        {
            throw new UsageException(
                $"--tensor {tensor}: the trace holds {trace.Tensors.Count} tensors");
        }

        TraceFile.Tensor opened = trace.Tensors[tensor];
        try
        {
            return Opening.Create(Hashes(trace), tensor, opened.Type, opened.Dims,
                opened.Data.Span, element, count);
        }
        catch (ArgumentException failure)
        {
            throw new UsageException($"--element {element} --count {count}: {failure.Message}");
        }
    }

    private static Bytes32[] Hashes(TraceFile trace)
    {
        Bytes32[] hashes = new Bytes32[trace.Tensors.Count];
        for (int i = 0; i < hashes.Length; i++)
        {
            hashes[i] = trace.Tensors[i].Hash();
        }

        return hashes;
    }

    private static Report Describe(Opening opening) => new Report()
        .Add("tensor", opening.TensorIndex)
        .Add("type", opening.Type.ToString())
        .Add("dims", "[" + string.Join(",", opening.Dims.ToArray()) + "]")
        .Add("element", opening.FirstElement)
        .Add("count", opening.ElementCount)
        .Add("data", Hex.Encode(opening.Data));

    private Command CreateTrace()
    {
        Command command = new("trace", "Recompute the root of a whole trace") { _file, _root };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(_file);
            TraceFile trace = TraceFile.Load(path);
            Bytes32 expected = parsed.GetValue(_root) is { } text ? ParseRoot(text) : trace.Root;
            Bytes32 root = TraceTree.ListRoot(Hashes(trace));
            if (root != expected)
            {
                throw new CommandException(
                    $"{path}: the tensors give {root}, not {expected} (the trace is wrong)");
            }

            new Report().Add("valid", true).Add("traceRoot", root.ToString())
                .Add("tensors", trace.Tensors.Count).Print(parsed.GetValue(CommonOptions.Json));
            return ExitStatus.Done;
        });
        return command;
    }

    private Command CreateOpening()
    {
        Command command = new("opening", "Check elements against a committed root")
        {
            _file, _root,
        };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(_file);
            Bytes32 root = ParseRoot(parsed.GetValue(_root)
                ?? throw new UsageException("verify opening: --root HEX is wanted"));
            if (!Opening.TryVerify(BoundedFile.Read(path, Opening.EncodedBytesMax), root,
                out Opening? opening))
            {
                throw new CommandException(
                    $"{path}: not an opening of {root} (another root, or a damaged file)");
            }

            Describe(opening).Add("valid", true).Print(parsed.GetValue(CommonOptions.Json));
            return ExitStatus.Done;
        });
        return command;
    }

    private Command CreateReceipt()
    {
        Command command = new("receipt",
            "Check every line that `request --receipts` wrote: signatures, roots, units")
        {
            _file, CommonOptions.Deployment, _channel, _model, _input,
        };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(_file);
            Bytes32 separator = DeploymentFile
                .Load(parsed.GetRequiredValue(CommonOptions.Deployment)).Domain.VouchersSeparator;
            ChannelTerms channel = ChannelFile.Load(parsed.GetRequiredValue(_channel));
            using IModel? model = parsed.GetValue(_model) is { } file
                ? ModelFile.Open(file)
                : null;
            InputFile? inputs = model is not null && parsed.GetValue(_input) is { } input
                ? InputFile.Load(input, model)
                : null;
            using IModelSession? session = inputs is null
                ? null
                : model!.CreateSession(Backend.Auto, 1);
            ReceiptVerifier verifier = new(channel, separator, inputs, session);
            using StreamReader reader = new(path);
            BoundedLines lines = new(reader, LineCharsMax);
            while (lines.TryRead(path, out string? line))
            {
                verifier.Check(path, line);
            }

            if (verifier.Lines == 0)
            {
                throw new CommandException($"{path}: no receipt in it (is this the right file?)");
            }

            verifier.Report().Print(parsed.GetValue(CommonOptions.Json));
            return ExitStatus.Done;
        });
        return command;
    }

    private static Bytes32 ParseRoot(string text) => Bytes32.TryParse(text, out Bytes32 root)
        ? root
        : throw new UsageException($"--root {text}: 64 hexadecimal digits are wanted");
}
