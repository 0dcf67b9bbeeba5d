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
        "--cancel-after", "Send a signed Cancel when the N-th token has come, from 1; the tokens "
            + "made until it arrives, some more than N, are paid", "N");

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

    private readonly Option<int> _deadline = Opt.Or<int>(
        "--deadline", "Seconds from signing to the order's deadline; what is still running then "
            + "is cancelled, and paid as far as it came", "S",
        OrderLanes.DeadlineSecondsDefault);

    private readonly Option<int> _patience = Opt.Or<int>(
        "--patience", "Seconds after which a node that is not heard is given up", "S",
        (int)ClientOptions.PatienceDefault.TotalSeconds);

    private readonly Option<bool> _trace = Opt.Flag(
        "--trace", "Ask for the trace root in the receipt");

    private readonly Option<bool> _accept = Opt.Flag(
        "--accept", "Ask for a signed promise of the due time");

    public static Command Create()
    {
        RequestCommand request = new();
        Command command = new("request",
            "Send orders to a node, check and acknowledge the receipts. Ctrl-C, or a reader that "
                + "goes away, cancels what is in flight and says what it has cost; a second "
                + "Ctrl-C leaves at once")
        {
            ClientOptions.At, CommonOptions.Deployment, ClientOptions.Channel,
            ClientOptions.SpendKey, ClientOptions.State, request._model, request._input,
            request._output, request._receipts, request._count, request._concurrency,
            request._ackEvery, request._deadline, request._patience, request._trace,
            request._accept, request._prompt, request._cancelAfter,
        };
        request._language.AddTo(command);
        OrderGuards.AddTo(command);
        OrderDemands.AddTo(command);
        command.SetAction(request.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        OrderSettings settings = Settings(parsed);
        // State, receipts and answers.
        ProcessGuard.KeepFilesPrivate();
        VoucherDomain domain =
            DeploymentFile.Load(parsed.GetRequiredValue(CommonOptions.Deployment)).Domain;
        ChannelTerms channel = ChannelFile.Load(parsed.GetRequiredValue(ClientOptions.Channel));
        using PrivateKey spendKey = KeyFile.Load(parsed.GetRequiredValue(ClientOptions.SpendKey));
        using Interruption interruption = new(cancel, asksTwice: true);
        using CancellationTokenSource stop =
            CancellationTokenSource.CreateLinkedTokenSource(interruption.Token);
        // Its lock first: who has it may write the evidence of this channel.
        using ClientJournal journal = ClientJournal.Open(
            parsed.GetRequiredValue(ClientOptions.State), channel);
        using OrderGuards guards = await OrderGuards
            .OpenAsync(parsed, channel, interruption.Token).ConfigureAwait(false);
        using IModel model = OpenModel(parsed, out InputFile inputs, out Tokenizer? tokenizer);
        await using NodeConnection node = new(ClientOptions.Connection(parsed, channel, domain,
            spendKey, TimeSpan.FromSeconds(Opt.Bounded(parsed, _patience, 1, 86_400))));
        TextStream? text = tokenizer is null
            ? null : new TextStream(tokenizer, parsed.GetValue(_prompt)![0], stop.Cancel);
        using OrderRunner runner = new(node, journal, model, spendKey, channel,
            domain.VouchersSeparator, settings)
        {
            OnOutput = text is null ? null : text.Show,
            Stop = stop.Token,
            Bond = guards.Bond,
            Evidence = guards.Evidence,
        };
        OrderDemands demands = new(parsed, guards, journal, runner, model, channel);
        RequestFigures figures;
        bool isServed = false;
        try
        {
            figures = await SendAsync(parsed, runner, demands, model, inputs, interruption.Again)
                .ConfigureAwait(false);
            isServed = figures.Served > 0;
        }
        catch (OperationCanceledException left) when (stop.IsCancellationRequested)
        {
            throw new CommandException(
                RequestNotes.Left(journal.Pending()), left, StatusOf(interruption));
        }
        finally
        {
            text?.End(isServed);
        }

        Print(parsed, figures, guards.Describe(figures.Report(journal, runner, node)), model,
            text is not null);
        return figures.FirstRefusal is { } line
            ? throw Refused(figures, line)
            : stop.IsCancellationRequested ? StatusOf(interruption) : ExitStatus.Done;
    }

    private static int StatusOf(Interruption interruption) =>
        interruption.Status > 0 ? interruption.Status : ExitStatus.NobodyReads;

    private async Task<RequestFigures> SendAsync(ParseResult parsed, OrderRunner runner,
        OrderDemands demands, IModel model, InputFile inputs, CancellationToken cancel)
    {
        int count = parsed.GetResult(_count) is null
            ? inputs.Count
            : Opt.Bounded(parsed, _count, 1, int.MaxValue);
        int lanes = Opt.Bounded(parsed, _concurrency, 1, OrderLanes.LanesMax);
        RequestNotes notes = new(model.IsStream);
        using ReceiptWriter receipts = new(parsed.GetValue(_receipts), model);
        void Done(OrderOutcome outcome)
        {
            receipts.Write(outcome);
            notes.Tell(outcome, runner.Stop.IsCancellationRequested);
        }

        // First what earlier runs demanded: a node that is gone, or convicted meanwhile, answers
        // nothing else.
        await demands.ContinueAsync(Done, cancel).ConfigureAwait(false);
        try
        {
            await demands.RequireDisputableAsync(cancel).ConfigureAwait(false);
            return await OrderLanes.RunAsync(runner, inputs, count, lanes, Done, cancel)
                .ConfigureAwait(false);
        }
        finally
        {
            if (!runner.Stop.IsCancellationRequested)
            {
                await demands.RunAsync(Done, cancel).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Figures of what was served; of nothing there are none.</summary>
    private void Print(ParseResult parsed, RequestFigures figures, Report report, IModel model,
        bool isTextShown)
    {
        if (figures.Served == 0)
        {
            return;
        }

        if (parsed.GetValue(_output) is { } output)
        {
            OutputFile.Write(output, figures.Outputs());
            if (figures.Served < figures.Orders)
            {
                ErrorFunnel.Note($"{output}: {figures.Served} of {figures.Orders} answers");
            }
        }

        if (isTextShown)
        {
            // Standard output holds the text alone.
            Console.Error.Write(report.ToText());
            return;
        }

        AddTexts(report, model, figures);
        report.Print(parsed.GetValue(CommonOptions.Json));
    }

    private static CommandException Refused(RequestFigures figures, string line) =>
        new($"{figures.Refused} of {figures.Orders} orders refused: {line}")
        {
            // The line begins with the number of the reason.
            Reason = int.TryParse(line.Split(':')[0], NumberStyles.None,
                CultureInfo.InvariantCulture, out int reason) ? reason : 0,
        };

    /// <param name="parsed">The command line.</param>
    /// <param name="inputs">What is ordered.</param>
    /// <param name="shown">Makes the one answer a text as it comes; null where none is shown.
    /// </param>
    private IModel OpenModel(ParseResult parsed, out InputFile inputs, out Tokenizer? shown)
    {
        string path = parsed.GetRequiredValue(_model);
        shown = null;
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
        bool isOne = prompts.Length == 1 && parsed.GetValue(_count) <= 1;
        shown = isOne && !parsed.GetValue(CommonOptions.Json) ? tokenizer : null;
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
            | (parsed.GetValue(_accept) || OrderDemands.WantsPromises(parsed)
                ? OrderFlags.AcceptWanted : 0);
        uint cancelAfter = parsed.GetValue(_cancelAfter);
        if (parsed.GetResult(_cancelAfter) is not null && cancelAfter == 0)
        {
            throw new UsageException($"{_cancelAfter.Name} 0: a token is wanted, from 1 (order "
                + "fewer with --tokens)");
        }

        return new OrderSettings(
            (ulong)Opt.Bounded(parsed, _deadline, 1, OrderLanes.DeadlineSecondsMax), flags,
            Opt.Bounded(parsed, _ackEvery, 1, 1024), cancelAfter);
    }
}
