using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Disputes;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Client;

/// <summary>
/// Results that a node promised and did not send, demanded before the court: it asks, shows the
/// input where the node has lost it, takes the answer out of calldata, and ends what was met with
/// silence. What it does next follows from the evidence and the chain alone, so that it goes on
/// after a kill where it stood.
/// </summary>
/// <param name="rpc">The chain.</param>
/// <param name="claims">The court's Claims.</param>
/// <param name="court">The court.</param>
/// <param name="fromBlock">First block that may hold an event of it.</param>
public sealed class DemandDesk(
    JsonRpcClient rpc, ClaimsContract claims, CourtContract court, ulong fromBlock)
{
    /// <summary>Gas of an answer without its output, and of a byte of it: Demands.sol.</summary>
    private const ulong AnswerGas = 150_000;

    private const ulong OutputByteGas = 45;

    /// <summary>Wei to deposit for an answer now, with a margin: the base fee rises by at most an
    /// eighth a block, and what is too much is credited at once.</summary>
    public async Task<UInt256> DepositAsync(
        IModel model, EvidenceBundle bundle, CancellationToken cancel)
    {
        long bytes = model.CheckInput(bundle.Input.Span).OutputBytesMax;
        UInt256 wei = await claims.Fees.PrepaidAsync(
            AnswerGas + OutputByteGas * (ulong)bytes, BlockTag.Latest, cancel)
            .ConfigureAwait(false);
        return wei * 3 / 2;
    }

    /// <summary>How a demand stands, and what its side may do now.</summary>
    /// <param name="bundle">Of an order; its Accept is the promise.</param>
    /// <param name="cancel">Leaves it as it is.</param>
    /// <exception cref="ChainException">The chain does not answer.</exception>
    public async Task<DemandLook> LookAsync(EvidenceBundle bundle, CancellationToken cancel)
    {
        Order order = bundle.Ordered();
        if (SignedPayload.Decode(bundle.Accept.Span, out Accept accept, out _)
            != RefusalReason.None)
        {
            return new DemandLook(DemandStage.NotPromised, 0);
        }

        ulong now = (await rpc.BlockAsync(BlockTag.Latest, cancel).ConfigureAwait(false))
            ?.Timestamp ?? 0;
        CaseState known = await court.CaseAsync(
            order.Channel, order.Seq, BlockTag.Latest, cancel).ConfigureAwait(false);
        Demand demand = await claims.DemandAsync(
            order.Channel, order.Seq, BlockTag.Latest, cancel).ConfigureAwait(false);
        if (known.IsConvicted || known.IsLate)
        {
            return new DemandLook(DemandStage.Convicted, 0);
        }

        if (demand.IsOpen)
        {
            return new DemandLook(
                now > demand.RespondBy ? DemandStage.Silent
                    : demand.WantsInput ? DemandStage.InputWanted
                    : DemandStage.Asked,
                demand.RespondBy);
        }

        if (demand.IsEnded || known.ClaimedAt != 0)
        {
            return await FindAsync(bundle.Class, order, cancel).ConfigureAwait(false);
        }

        ulong due = Math.Min(accept.DueAt, order.Deadline);
        return now <= due ? new DemandLook(DemandStage.NotDue, due)
            : (UInt128)order.Deadline + CourtLimits.AskSeconds < now
                ? new DemandLook(DemandStage.TooLate, 0)
            : new DemandLook(DemandStage.Due, due);
    }

    /// <summary>Demands the result; only of a promise that is due.</summary>
    public async Task AskAsync(EvidenceBundle bundle, IModel model, UInt256 deposit,
        TransactionSender sender, CancellationToken cancel)
    {
        _ = SignedPayload.Decode(bundle.Accept.Span, out Accept accept, out Signature promise);
        RecordOpening first = RecordOpening.None;
        if (model.IsStream)
        {
            (byte[] leaf, Bytes32[] path) = RecordHead.Open(bundle.Input.Span);
            first = new RecordOpening(0, leaf, path);
        }

        await sender.SendAsync("demand", claims.Address,
            ClaimsContract.Ask(BriefOf(bundle), accept.DueAt, promise, first), cancel,
            deposit.ToUInt128())
            .ConfigureAwait(false);
    }

    /// <summary>Shows the input that the node says it has lost.</summary>
    public async Task ShowAsync(
        EvidenceBundle bundle, TransactionSender sender, CancellationToken cancel) =>
        await sender.SendAsync("show input", claims.Address,
            ClaimsContract.ShowInput(BriefOf(bundle), bundle.Input.Span), cancel)
            .ConfigureAwait(false);

    /// <summary>Ends a demand that the node met with silence.</summary>
    public async Task TimeoutAsync(
        EvidenceBundle bundle, TransactionSender sender, CancellationToken cancel) =>
        await sender.SendAsync("end demand", claims.Address, ClaimsContract.Timeout(
            bundle.Class, bundle.Channel, bundle.Ordered().Seq), cancel).ConfigureAwait(false);

    /// <summary>Whether the account may act for the channel.</summary>
    public Task<bool> MayActAsync(
        in ChannelTerms channel, Address account, CancellationToken cancel) =>
        court.MayActAsync(channel, account, BlockTag.Latest, cancel);

    /// <summary>Whether a court could be asked for an answer of this model at all.</summary>
    public static bool IsAskable(IModel model, ReadOnlySpan<byte> input) =>
        model.CheckInput(input).OutputBytesMax <= EvidenceBundle.OutputBytesMax;

    private static Brief BriefOf(EvidenceBundle bundle)
    {
        _ = SignedPayload.Decode(bundle.Order.Span, out Order order, out Signature signature);
        return new Brief(bundle.Class, bundle.Channel, order, signature);
    }

    /// <summary>The answer, out of the transaction that gave it: an answer, or a claim.</summary>
    private async Task<DemandLook> FindAsync(
        VoucherClass terms, Order order, CancellationToken cancel)
    {
        Bytes32 seq = new(new AbiWriter().Write(order.Seq).ToArray());
        ulong latest = await rpc.BlockNumberAsync(cancel).ConfigureAwait(false);
        foreach (Address contract in new[] { claims.Address, court.Address })
        {
            List<LogEntry> logs = await LogScan.ReadAsync(
                rpc, new LogFilter(contract, fromBlock, latest, [[], [order.Channel], [seq]]),
                cancel).ConfigureAwait(false);
            foreach (LogEntry log in logs)
            {
                if (!log.IsRemoved && CaseEvent.TryRead(log, out CaseEvent seen)
                    && (seen.Kind == CaseEventKind.Claimed
                        || (seen.Kind == CaseEventKind.DemandEnded && seen.IsOn))
                    && await ReadAsync(log, order, cancel).ConfigureAwait(false)
                        is { } delivery)
                {
                    return new DemandLook(DemandStage.Answered, 0) { Delivery = delivery };
                }
            }
        }

        return new DemandLook(DemandStage.Lapsed, 0);
    }

    private async Task<Delivery?> ReadAsync(
        LogEntry happened, Order order, CancellationToken cancel)
    {
        byte[]? call = await MoveCalls.ReadAsync(
            rpc, happened, claims.Address, order.Channel, cancel).ConfigureAwait(false);
        Delivery[] deliveries = [];
        if (call is null || !(ClaimsContract.TryReadClaim(call, out _, out deliveries)
            || ClaimsContract.TryReadAnswer(call, out _, out deliveries)))
        {
            return null;
        }

        int at = Array.FindIndex(deliveries, one => one.Order == order);
        return at < 0 ? null : deliveries[at];
    }
}

/// <summary>How a demand stands.</summary>
public enum DemandStage
{
    /// <summary>The node accepted nothing: nothing can be demanded.</summary>
    NotPromised,

    /// <summary>The promise is for later.</summary>
    NotDue,

    /// <summary>The promise is broken, and may be demanded.</summary>
    Due,

    /// <summary>6 days after the deadline nothing can be demanded any more.</summary>
    TooLate,

    /// <summary>The node has time to answer.</summary>
    Asked,

    /// <summary>The node says that it has lost the input.</summary>
    InputWanted,

    /// <summary>The node's time is over.</summary>
    Silent,

    /// <summary>The result is in calldata.</summary>
    Answered,

    /// <summary>The node was convicted of this order.</summary>
    Convicted,

    /// <summary>The demand ended without either: its answer cannot be read, or the input was not
    /// shown in time.</summary>
    Lapsed,
}

/// <summary>How a demand stands at one block.</summary>
/// <param name="Stage">Where.</param>
/// <param name="Until">Unix seconds: when the promise is due, or the answer.</param>
public sealed record DemandLook(DemandStage Stage, ulong Until)
{
    /// <summary>What was answered.</summary>
    public Delivery? Delivery { get; init; }
}
