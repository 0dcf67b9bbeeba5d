using System;
using System.CommandLine;
using System.Threading;
using ComputeVoucher.Client;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary><c>verify receipt|trace|opening|proof</c>, and <c>open</c>, which makes openings.
/// </summary>
internal sealed class VerifyCommands
{
    private const string Signatures = "signatures";
    private const string Openings = "openings";
    private const string Full = "full";

    private readonly Argument<string> _file = new("FILE");

    private readonly Option<string> _model = Opt.Of<string>(
        "--model", "The model that was ordered, for all depths but `signatures`", "FILE");

    private readonly Option<string> _input = Opt.Of<string>(
        "--input", "The inputs that were ordered of a graph, in any order", "FILE");

    private readonly Option<int> _context = Opt.Of<int>(
        "--context", "Positions of the language model, where another number was ordered than its "
            + "own", "N");

    private readonly Option<string> _depth = Opt.Of<string>(
        "--depth", "How deep: `signatures` of both sides and roots, without a model; random "
            + "`openings` of a trace; `full`: executed again (default: what the other options "
            + "allow)", "DEPTH").AcceptOnlyFromAmong(Signatures, Openings, Full);

    private readonly Option<string> _at = Opt.Of<string>(
        "--at", "For `openings`: where the node listens that served the orders; it opens their "
            + "traces, for --spend-key", "HOST:PORT");

    private readonly Option<string> _spendKey = Opt.Of<string>(
        "--spend-key", "For `openings` by the node: the key file that signed the orders", "FILE");

    private readonly Option<string> _trace = Opt.Of<string>(
        "--trace", "For `openings`: the trace of one of the orders, as `infer --trace` writes it",
        "FILE");

    private readonly Option<int> _openings = Opt.Or<int>(
        "--openings", "For `openings`: elements that are drawn", "K", RandomOpenings.Default);

    private readonly Option<string> _signedTrace = Opt.Of<string>(
        "--signed-trace", "For `openings`, where the receipt has no trace root: `signed` of "
            + "computevoucher trace", "HEX");

    private readonly Option<string> _root = Opt.Of<string>("--root", "The committed root", "HEX");

    public static Command CreateVerify()
    {
        VerifyCommands verify = new();
        Command group = new("verify", "Check a receipt, a trace, an opening or a proof");
        group.Add(verify.CreateReceipt());
        group.Add(verify.CreateTrace());
        group.Add(verify.CreateOpening());
        group.Add(ProofCommands.CreateVerify());
        return group;
    }

    /// <summary><c>open</c>: elements of one tensor with their proof.</summary>
    public static Command CreateOpen()
    {
        Argument<string> file = new("FILE") { Description = "Trace, from `infer --trace`" };
        Option<int> tensor = Opt.Needed<int>(
            "--tensor", "Index of the tensor in the trace", "N");
        Option<int> element = Opt.Needed<int>("--element", "First element to open", "N");
        Option<int> count = Opt.Or<int>("--count", "Elements to open", "N", 1);
        Option<string> output = Opt.Needed<string>(
            "--output", "Where the opening goes", "FILE", "-o");
        return ReportCommand.Create("open", "Open elements of a trace, with their proof", parsed =>
        {
            TraceFile trace = TraceFile.Load(parsed.GetRequiredValue(file));
            Opening opening = Open(trace, parsed.GetValue(tensor), parsed.GetValue(element),
                parsed.GetValue(count));
            OutputFile.Write(parsed.GetRequiredValue(output), opening.Encoded.ToArray());
            return Describe(opening).Add("root", trace.Root.ToString())
                .Add("bytes", opening.Encoded.Length);
        }, file, tensor, element, count, output);
    }

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

    private Command CreateTrace() => ReportCommand.Create(
        "trace", "Recompute the root of a whole trace",
        parsed =>
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

            return new Report().Add("valid", true).Add("traceRoot", root.ToString())
                .Add("tensors", trace.Tensors.Count);
        }, _file, _root);

    private Command CreateOpening() => ReportCommand.Create(
        "opening", "Check elements against a committed root",
        parsed =>
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

            return Describe(opening).Add("valid", true);
        }, _file, _root);

    private Command CreateReceipt() => ReportCommand.Create(
        "receipt",
        "Check every field of the lines that `request --receipts` wrote; with --model run it "
            + "again, or open its trace at random",
        CheckReceipts, _file, CommonOptions.Deployment, ClientOptions.Channel, _model, _input,
        _context, _depth, _trace, _at, _spendKey, _openings, _signedTrace);

    private Report CheckReceipts(ParseResult parsed)
    {
        string path = parsed.GetRequiredValue(_file);
        VoucherDomain domain =
            DeploymentFile.Load(parsed.GetRequiredValue(CommonOptions.Deployment)).Domain;
        ChannelTerms channel = ChannelFile.Load(parsed.GetRequiredValue(ClientOptions.Channel));
        string depth = DepthOf(parsed);
        using IModel? model = depth == Signatures ? null : OpenModel(parsed);
        InputFile? inputs = model is not null && parsed.GetValue(_input) is { } input
            ? InputFile.Load(input, model)
            : null;
        if (parsed.GetValue(_depth) is not null && model is { IsStream: false } && inputs is null)
        {
            throw new UsageException($"{_depth.Name} {depth}: a graph wants {_input.Name} FILE");
        }

        using NodeOpenings? node = depth == Openings && parsed.GetValue(_at) is { } at
            ? Node(parsed, at, channel, domain)
            : null;
        RandomOpenings? openings = depth != Openings ? null : OpeningsOf(
            parsed, model!, node, () => SignedTrace(parsed, channel, domain.VouchersSeparator));
        using ReceiptVerifier verifier = new(
            channel, domain.VouchersSeparator, model, inputs, openings);
        verifier.CheckFile(path);
        return verifier.Report();
    }

    private RandomOpenings OpeningsOf(ParseResult parsed, IModel model, NodeOpenings? node,
        Func<TraceRootStatement?> signed)
    {
        int count = Opt.Bounded(parsed, _openings, 1, RandomOpenings.Max);
        return node is not null
            ? new RandomOpenings(model, node, count)
            : new RandomOpenings(model,
                TraceFile.Load(parsed.GetRequiredValue(_trace)).Recorded(), signed(), count);
    }

    private NodeOpenings Node(
        ParseResult parsed, string at, in ChannelTerms channel, VoucherDomain domain)
    {
        if (parsed.GetValue(_trace) is not null || parsed.GetValue(_signedTrace) is not null)
        {
            throw new UsageException($"{_at.Name}: the node opens the traces and signs their roots "
                + $"(leave {_trace.Name} and {_signedTrace.Name} out)");
        }

        PrivateKey key = KeyFile.Load(parsed.GetValue(_spendKey)
            ?? throw new UsageException($"{_at.Name}: {_spendKey.Name} FILE is wanted too"));
        return new NodeOpenings(key, new NodeConnection(ClientOptions.Connection(
            ClientOptions.EndPoint(at), channel, domain, key, ClientOptions.PatienceDefault)),
            CancellationToken.None);
    }

    /// <summary>As named; else as deep as what was given allows.</summary>
    private string DepthOf(ParseResult parsed)
    {
        bool isOpened = parsed.GetValue(_trace) is not null || parsed.GetValue(_at) is not null;
        string depth = parsed.GetValue(_depth) ?? (isOpened ? Openings
            : parsed.GetValue(_model) is not null ? Full : Signatures);
        Option<string>? missing = depth == Signatures ? null
            : parsed.GetValue(_model) is null ? _model
            : depth == Openings && !isOpened ? _trace
            : null;
        return missing is null
            ? depth
            : throw new UsageException($"{_depth.Name} {depth}: {missing.Name} FILE is wanted"
                + (missing == _trace ? $", or {_at.Name} HOST:PORT of the node" : ""));
    }

    private IModel OpenModel(ParseResult parsed)
    {
        string file = parsed.GetRequiredValue(_model);
        return parsed.GetResult(_context) is null
            ? ModelFile.Open(file)
            : LanguageModel.Open(
                file, new LanguageOptions { Context = parsed.GetValue(_context) });
    }

    private TraceRootStatement? SignedTrace(
        ParseResult parsed, in ChannelTerms channel, in Bytes32 separator)
    {
        if (parsed.GetValue(_signedTrace) is not { } hex)
        {
            return null;
        }

        try
        {
            RefusalReason refusal = SignedPayload.Decode(
                Hex.Decode(hex), out TraceRootStatement signed, out Signature signature);
            refusal = refusal != RefusalReason.None ? refusal : SignedPayload.CheckSigner(
                signed.HashStruct(), signature, separator, channel.Node);
            return refusal == RefusalReason.None
                ? signed
                : throw new CommandException(
                    $"{_signedTrace.Name}: {Refusals.Describe(refusal)}");
        }
        catch (FormatException failure)
        {
            throw new UsageException($"{_signedTrace.Name}: {failure.Message} (it is `signed` of "
                + "computevoucher trace)");
        }
    }

    private static Bytes32 ParseRoot(string text) => Bytes32.TryParse(text, out Bytes32 root)
        ? root
        : throw new UsageException($"--root {text}: 64 hexadecimal digits are wanted");
}
