using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger;

/// <summary>
/// What the node must not forget: orders with their inputs, evidence, accepts, cancels, receipts,
/// acks, releases, the chain mirror's rows and the transaction outbox.
/// </summary>
/// <remarks>
/// Thread safe. Every change takes effect in memory at once, under one lock, and joins a queue; one
/// writer thread commits the queue in order. So what is on disk is always a prefix of what
/// happened, and a task of a change implies every change before it. The ledger never interprets a
/// signature: callers verify first.
/// </remarks>
public sealed class LedgerStore : IDisposable
{
    /// <summary>Opens or creates the ledger in a directory, which belongs to one process.</summary>
    /// <exception cref="LedgerException">
    /// Taken by another process, damaged, of another chain or node, of another schema, not
    /// writable.
    /// </exception>
    public static LedgerStore Open(string directory, LedgerOptions options) =>
        throw new NotImplementedException();

    public LedgerStatus Status => throw new NotImplementedException();

    /// <summary>
    /// The line that says why <see cref="Status"/> is Full or Failed; null when Ready.
    /// </summary>
    public string? Fault => throw new NotImplementedException();

    public LedgerFigures Figures => throw new NotImplementedException();

    /// <summary>The channel as the rules see it for an order at that sequence.</summary>
    public ChannelView View(in Bytes32 channel, ulong seq, in Bytes32 orderHash) =>
        throw new NotImplementedException();

    /// <summary>
    /// Reserves maxUnits for an order whose signature the caller has verified. Sequence, balance
    /// and budgets are decided here, in one step, whatever other threads do. A conflicting order is
    /// kept as evidence on the way.
    /// </summary>
    /// <param name="order">The order.</param>
    /// <param name="orderHash">Its hash.</param>
    /// <param name="signature">Its signature.</param>
    /// <param name="input">Input bytes, kept until the dispute window ends.</param>
    public ReserveResult Reserve(
        in Order order,
        in Bytes32 orderHash,
        in Signature signature,
        ReadOnlySpan<byte> input) => throw new NotImplementedException();

    /// <summary>
    /// Keeps a conflicting order as evidence, unless its sequence already has one.
    /// </summary>
    public Task RecordConflict(in Order order, in Bytes32 orderHash, in Signature signature) =>
        throw new NotImplementedException();

    /// <summary>
    /// Stores an Accept; it may leave the node when the task is done. The first one of an order
    /// wins: a repeated call changes nothing.
    /// </summary>
    public Task RecordAccept(
        in Accept accept,
        in Signature signature,
        out RefusalReason refusal) => throw new NotImplementedException();

    /// <summary>
    /// Stores a Cancel with the steps done. The receipt may be signed when the task is done. The
    /// first cancel of an order wins; a repeated one changes nothing.
    /// </summary>
    /// <param name="cancel">The cancel, its signature checked.</param>
    /// <param name="signature">Its signature.</param>
    /// <param name="stepsDone">Steps that count.</param>
    /// <param name="refusal">OrderUnknown, OrderFinished or None.</param>
    public Task RecordCancel(
        in Cancel cancel,
        in Signature signature,
        uint stepsDone,
        out RefusalReason refusal) => throw new NotImplementedException();

    /// <summary>
    /// Settles an order with its receipt; call it before the receipt leaves. Written lazily: a
    /// receipt can be recomputed. A second, different receipt is refused with ReceiptConflict.
    /// </summary>
    public RefusalReason RecordReceipt(in Receipt receipt, in Signature signature) =>
        throw new NotImplementedException();

    /// <summary>Gives up a reserved order of which nothing left the node.</summary>
    public RefusalReason ReleaseOrder(in Bytes32 orderHash) => throw new NotImplementedException();

    /// <summary>Stores an ack if it is higher; its signature is checked by the caller.</summary>
    public AckResult RecordAck(in Ack ack, in Signature signature) =>
        throw new NotImplementedException();

    /// <summary>
    /// Stores a release: from now on the channel takes no order. Refused with AckUnfinished while
    /// an
    /// order runs. It may leave the node when the task is done.
    /// </summary>
    public Task RecordRelease(
        in Release release,
        in Signature signature,
        out RefusalReason refusal) => throw new NotImplementedException();

    /// <summary>Stores the mirror's row of a channel, new or changed.</summary>
    public Task PutChannel(ChannelRow row) => throw new NotImplementedException();

    /// <summary>Every channel.</summary>
    public IReadOnlyList<ChannelState> Channels() => throw new NotImplementedException();

    /// <summary>One channel; null when unknown.</summary>
    public ChannelState? Channel(in Bytes32 channel) => throw new NotImplementedException();

    /// <summary>
    /// A stored order by its hash; null when unknown. Reads the disk, after everything before it is
    /// written.
    /// </summary>
    public Task<StoredOrder?> OrderAsync(Bytes32 orderHash) => throw new NotImplementedException();

    /// <summary>
    /// Orders without a receipt: after a start, the ones to run again so that they can be acked.
    /// </summary>
    public Task<IReadOnlyList<StoredOrder>> UnfinishedOrdersAsync() =>
        throw new NotImplementedException();

    /// <summary>
    /// Receipts of a channel from a sequence on, oldest first, for a client's resync.
    /// </summary>
    public Task<IReadOnlyList<StoredReceipt>> ReceiptsAsync(
        Bytes32 channel,
        ulong fromSeq,
        int countMax) => throw new NotImplementedException();

    /// <summary>Orders that conflict with stored ones.</summary>
    public Task<IReadOnlyList<StoredConflict>> ConflictsAsync() =>
        throw new NotImplementedException();

    /// <summary>Adds an outbox entry and gives it an id.</summary>
    public OutboxEntry InsertOutbox(OutboxEntry entry, out Task durable) =>
        throw new NotImplementedException();

    /// <summary>Replaces an outbox entry of the same id.</summary>
    public Task UpdateOutbox(OutboxEntry entry) => throw new NotImplementedException();

    /// <summary>Removes a Final or Abandoned entry.</summary>
    public Task DeleteOutbox(long id) => throw new NotImplementedException();

    /// <summary>Every outbox entry, by id.</summary>
    public IReadOnlyList<OutboxEntry> Outbox() => throw new NotImplementedException();

    /// <summary>A named value; null when absent. For cursors and the like.</summary>
    public byte[]? Setting(string name) => throw new NotImplementedException();

    /// <summary>Stores a named value: at most 64 ASCII letters, at most 64 KiB.</summary>
    public Task PutSetting(string name, ReadOnlySpan<byte> value) =>
        throw new NotImplementedException();

    /// <summary>Done when everything before it is on disk.</summary>
    public Task FlushAsync() => throw new NotImplementedException();

    /// <summary>
    /// Removes acked orders, with inputs, receipts, cancels and accepts, whose deadline lies more
    /// than keepSeconds (order horizon and dispute window) before now. Sums stay.
    /// </summary>
    /// <returns>Orders removed.</returns>
    public Task<int> PruneAsync(ulong now, ulong keepSeconds) =>
        throw new NotImplementedException();

    /// <summary>
    /// Recomputes every sum from the single orders and compares: accepted = reserved + settled +
    /// released for each channel, and the totals of spend keys and node.
    /// </summary>
    /// <exception cref="InvalidOperationException">A sum is wrong: a bug, not a fault.</exception>
    public void CheckInvariants() => throw new NotImplementedException();

    /// <summary>Writes what waits, then closes. Safe to call twice.</summary>
    public void Dispose()
    {
    }
}
