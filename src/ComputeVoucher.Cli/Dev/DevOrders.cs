using System;
using System.Collections.Generic;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Client;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary>The holder of a development market: orders over a real connection, every receipt
/// checked, once when it comes and once from the file.</summary>
internal sealed class DevOrders(
    DevHome home, DevWork work, DeploymentFile deployment, ChannelTerms channel, EndPoint node)
{
    /// <summary>One answer as it comes, on standard output where it is shown.</summary>
    public async Task StreamAsync(bool isShown, CancellationToken cancel)
    {
        TextStream? text = isShown ? new TextStream(work.Tokenizer!, work.Prompt, () => { }) : null;
        await SendAsync(
            work.OnePrompt, 1, 1, 0, null, text is null ? null : text.Show, cancel)
            .ConfigureAwait(false);
        text?.End(isServed: true);
    }

    /// <summary>All orders, so many in flight.</summary>
    public async Task<Outcome> SendAsync(
        int lanes, Action<int> onDone, CancellationToken cancel)
    {
        Outcome outcome = await SendAsync(work.Inputs, work.Orders, lanes,
            OrderFlags.TraceRootWanted, onDone, null, cancel).ConfigureAwait(false);
        using ReceiptVerifier verifier = new(
            channel, deployment.Domain.VouchersSeparator, null, null);
        verifier.CheckFile(home.Receipts);
        return outcome;
    }

    private async Task<Outcome> SendAsync(InputFile inputs, int count, int lanes,
        OrderFlags flags, Action<int>? onDone, Action<ReadOnlyMemory<byte>>? onOutput,
        CancellationToken cancel)
    {
        using PrivateKey spend = KeyFile.Load(home.SpendKey);
        using ClientJournal journal = ClientJournal.Open(home.ClientState, channel);
        await using NodeConnection connection = new(ClientOptions.Connection(
            node, channel, deployment.Domain, spend, ClientOptions.PatienceDefault));
        OrderSettings settings = new(
            OrderLanes.DeadlineSecondsDefault, flags, OrderLanes.AckEveryDefault, 0);
        using OrderRunner runner = new(connection, journal, work.Model, spend, channel,
            deployment.Domain.VouchersSeparator, settings)
        {
            OnOutput = onOutput,
        };
        using ReceiptWriter receipts = new(home.Receipts, work.Model);
        int done = 0;
        RequestFigures figures = await OrderLanes.RunAsync(runner, inputs, count, lanes,
            outcome =>
            {
                receipts.Write(outcome);
                onDone?.Invoke(Interlocked.Increment(ref done));
            }, cancel).ConfigureAwait(false);
        return figures.FirstRefusal is { } line
            ? throw new CommandException($"{figures.Refused} of {count} orders refused: {line}")
            : new Outcome(runner.AckedUnits, figures.Latencies, figures.Elapsed,
                work.Tokenizer is { } tokenizer ? figures.Texts(tokenizer) : []);
    }

    /// <summary>What a run of orders amounted to.</summary>
    /// <param name="AckedUnits">Of the channel, ever.</param>
    /// <param name="Latencies">Of the orders of this run.</param>
    /// <param name="Elapsed">From the first order to the last ack.</param>
    /// <param name="Texts">Answers of a language model.</param>
    internal sealed record Outcome(
        UInt128 AckedUnits, Latencies Latencies, TimeSpan Elapsed, IReadOnlyList<string> Texts);
}
