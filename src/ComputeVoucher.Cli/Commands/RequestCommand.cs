using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Client;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary><c>request</c>: orders to a node, every receipt checked, acknowledged.</summary>
internal sealed class RequestCommand
{
    private readonly Option<string> _model = Opt.Needed<string>(
        "--model", "The model that is ordered; receipts are checked against it", "FILE");

    private readonly Option<string> _input = Opt.Of<string>(
        "--input", "One input, or several in a row", "FILE");

    private readonly Option<string[]> _prompt = new("--prompt")
    {
        Description = "Instead of --input, for a language model: the text streams to standard "
            + "output; may be repeated",
        HelpName = "TEXT",
    };

    private readonly Option<uint> _cancelAfter = Opt.Of<uint>(
        "--cancel-after", "Send a signed Cancel after so many tokens, and pay for what was done",
        "N");

    private readonly LanguageOption _language = new();

    private readonly Option<string> _output = Opt.Of<string>(
        "--output", "Where the answers go, in the order of the inputs", "FILE");

    private readonly Option<string> _receipts = Opt.Of<string>(
        "--receipts", "Orders and receipts are added to it, a JSON object a line, for "
            + "`verify receipt`", "FILE");

    private readonly Option<int> _count = Opt.Of<int>(
        "--count", "Orders to send; the inputs are repeated (default: one per input)", "N", "-n");

    private readonly Option<int> _concurrency = Opt.Or<int>(
        "--concurrency", "Orders in flight", "N", 1);

    private readonly Option<int> _ackEvery = Opt.Or<int>(
        "--ack-every", "Receipts after which an ack is sent; the last ack is always sent", "N",
        OrderLanes.AckEveryDefault);

    private readonly Option<ulong> _deadline = Opt.Or<ulong>(
        "--deadline", "Seconds from signing to the order's deadline", "S",
        OrderLanes.DeadlineSecondsDefault);

    private readonly Option<int> _patience = Opt.Or<int>(
        "--patience", "Seconds to wait for a node that cannot be reached", "S",
        (int)ClientOptions.PatienceDefault.TotalSeconds);

    private readonly Option<bool> _trace = Opt.Flag(
        "--trace", "Ask for the trace root in the receipt");

    private readonly Option<bool> _accept = Opt.Flag(
        "--accept", "Ask for a signed promise of the due time");

    public static Command Create()
    {
        RequestCommand request = new();
        Command command = new("request",
            "Send orders to a node, check and acknowledge the receipts")
        {
            ClientOptions.At, CommonOptions.Deployment, ClientOptions.Channel,
            ClientOptions.SpendKey, ClientOptions.State, request._model, request._input,
            request._output, request._receipts, request._count, request._concurrency,
            request._ackEvery, request._deadline, request._patience, request._trace,
            request._accept, request._prompt, request._cancelAfter,
        };
        request._language.AddTo(command);
        command.SetAction(request.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        // State, receipts and answers.
        ProcessGuard.KeepFilesPrivate();
        VoucherDomain domain =
            DeploymentFile.Load(parsed.GetRequiredValue(CommonOptions.Deployment)).Domain;
        ChannelTerms channel = ChannelFile.Load(parsed.GetRequiredValue(ClientOptions.Channel));
        using PrivateKey spendKey = KeyFile.Load(parsed.GetRequiredValue(ClientOptions.SpendKey));
        using IModel model = OpenModel(parsed, out InputFile inputs, out TextStream? text);
        using ClientJournal journal = ClientJournal.Open(
            parsed.GetRequiredValue(ClientOptions.State), channel);
        await using NodeConnection node = new(ClientOptions.Connection(parsed, channel, domain,
            spendKey, TimeSpan.FromSeconds(Opt.Bounded(parsed, _patience, 1, 86_400))));
        using OrderRunner runner = new(node, journal, model, spendKey, channel,
            domain.VouchersSeparator, Settings(parsed))
        {
            OnOutput = text is null ? null : text.Show,
        };
        int count = parsed.GetResult(_count) is null
            ? inputs.Count
            : Opt.Bounded(parsed, _count, 1, int.MaxValue);
        using ReceiptWriter receipts = new(parsed.GetValue(_receipts));
        RequestFigures figures = await OrderLanes.RunAsync(runner, inputs, count,
            Opt.Bounded(parsed, _concurrency, 1, OrderLanes.LanesMax), receipts.Write, cancel)
            .ConfigureAwait(false);
        if (parsed.GetValue(_output) is { } output)
        {
            OutputFile.Write(output, figures.Outputs());
        }

        Report report = figures.Report(journal, runner, node);
        if (text is not null)
        {
            // Standard output holds the text alone.
            text.End();
            Console.Error.Write(report.ToText());
        }
        else
        {
            AddTexts(report, model, figures);
            report.Print(parsed.GetValue(CommonOptions.Json));
        }

        return figures.FirstRefusal is { } line
            ? throw Refused(figures, count, line)
            : ExitStatus.Done;
    }

    private static CommandException Refused(RequestFigures figures, int count, string line) =>
        new($"{figures.Refused} of {count} orders refused: {line}")
        {
            // The line begins with the number of the reason.
            Reason = int.TryParse(line.Split(':')[0], NumberStyles.None,
                CultureInfo.InvariantCulture, out int reason) ? reason : 0,
        };

    private IModel OpenModel(ParseResult parsed, out InputFile inputs, out TextStream? text)
    {
        string path = parsed.GetRequiredValue(_model);
        text = null;
        if (parsed.GetValue(_prompt) is not { Length: > 0 } prompts)
        {
            IModel graph = ModelFile.Open(path);
            inputs = InputFile.Load(parsed.GetValue(_input)
                ?? throw new UsageException("request: --input FILE or --prompt TEXT is wanted"),
                graph);
            return graph;
        }

        LanguageModel model = _language.Open(parsed, path);
        Tokenizer tokenizer = LanguageOption.TokenizerOf(model, path);
        List<ReadOnlyMemory<byte>> records = [];
        foreach (string prompt in prompts)
        {
            ulong index = (ulong)records.Count;
            records.Add(_language.Record(parsed, tokenizer, prompt, index).Encode());
        }

        // Several streams at once would interleave their words.
        text = prompts.Length == 1 && !parsed.GetValue(CommonOptions.Json)
            ? new TextStream(tokenizer, prompts[0])
            : null;
        inputs = InputFile.Of(records);
        return model;
    }

    private static void AddTexts(Report report, IModel model, RequestFigures figures)
    {
        if (model is LanguageModel { Tokenizer: { } tokenizer })
        {
            report.Add("texts", figures.Texts(tokenizer));
        }
    }

    private OrderSettings Settings(ParseResult parsed)
    {
        OrderFlags flags = (parsed.GetValue(_trace) ? OrderFlags.TraceRootWanted : 0)
            | (parsed.GetValue(_accept) ? OrderFlags.AcceptWanted : 0);
        return new OrderSettings(
            parsed.GetValue(_deadline), flags,
            Opt.Bounded(parsed, _ackEvery, 1, 1024),
            parsed.GetValue(_cancelAfter));
    }
}
