using System;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger;

/// <summary>Orders, from the reserve step to the ack.</summary>
public sealed partial class LedgerStore
{
    /// <summary>The channel as the rules see it for an order at that sequence.</summary>
    public ChannelView View(in Bytes32 channel, ulong seq, in Bytes32 orderHash)
    {
        ChannelView view = View(channel, seq, orderHash, out bool askDisk);
        return askDisk && Served(orderHash) is not null
            ? view with { SequenceUse = SequenceUse.Same }
            : view;
    }

    /// <summary>As memory has it, which costs no look at the disk.</summary>
    /// <param name="channel">The channel's id.</param>
    /// <param name="seq">The order's sequence.</param>
    /// <param name="orderHash">Its hash.</param>
    /// <param name="askDisk">The sequence is passed: only the disk knows whether by this order.
    /// </param>
    public ChannelView View(
        in Bytes32 channel, ulong seq, in Bytes32 orderHash, out bool askDisk)
    {
        lock (_gate)
        {
            askDisk = _memory.IsOnDiskOnly(channel, seq, orderHash);
            return _memory.View(channel, seq, orderHash) with
            {
                DisputeBounds = _disputeBounds,
            };
        }
    }

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
        ReadOnlySpan<byte> input)
    {
        byte[] kept = input.ToArray();
        ReserveResult result;
        bool askDisk;
        lock (_gate)
        {
            RefusalReason unable = Unable(kept.Length);
            if (unable != RefusalReason.None)
            {
                return new ReserveResult { Refusal = unable, Durable = Task.CompletedTask };
            }

            result = _memory.Reserve(
                order, orderHash, signature, kept, _options.Policy, _disputeBounds, _open);
            askDisk = _memory.IsOnDiskOnly(order.Channel, order.Seq, orderHash);
            WakeIfUrgent();
        }

        if (!askDisk || Served(orderHash) is not StoredOrder served)
        {
            return result with { Durable = Promise(result.Durable) };
        }

        return new ReserveResult
        {
            IsReplay = true,
            Durable = Task.CompletedTask,
            Accept = served.Accept,
            CancelSteps = served.CancelSteps,
            Receipt = served.Receipt,
        };
    }

    /// <summary>
    /// Keeps a conflicting order as evidence, unless its sequence already has one.
    /// </summary>
    public Task RecordConflict(in Order order, in Signature signature)
    {
        lock (_gate)
        {
            return IsUnable(out Task failed)
                ? failed
                : Queued(_memory.KeepConflict(order, signature, _open));
        }
    }

    /// <summary>
    /// Stores an Accept; it may leave the node when the task is done. The first one of an order
    /// wins: a repeated call changes nothing.
    /// </summary>
    public Task RecordAccept(
        in Accept accept,
        in Signature signature,
        out RefusalReason refusal)
    {
        lock (_gate)
        {
            refusal = RefusalReason.StorageFailed;
            if (IsUnable(out Task failed))
            {
                return failed;
            }

            refusal = _memory.Accept(accept, signature, _open);
            WakeIfUrgent();
            return Promise(_memory.Order(accept.OrderHash)?.AcceptDurable);
        }
    }

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
        out RefusalReason refusal)
    {
        lock (_gate)
        {
            refusal = RefusalReason.StorageFailed;
            if (IsUnable(out Task failed))
            {
                return failed;
            }

            refusal = _memory.Cancel(cancel, signature, stepsDone, _open);
            WakeIfUrgent();
            return Promise(_memory.Order(cancel.OrderHash)?.CancelDurable);
        }
    }

    /// <summary>
    /// Settles an order with its receipt; call it before the receipt leaves. Written lazily: after
    /// a crash, or where a full disk takes it back, the order is reserved again, and the caller
    /// stores the same receipt again or computes it again. A second, different receipt is refused
    /// with ReceiptConflict.
    /// </summary>
    public RefusalReason RecordReceipt(in Receipt receipt, in Signature signature)
    {
        lock (_gate)
        {
            if (IsUnable(out _))
            {
                return RefusalReason.StorageFailed;
            }

            RefusalReason refusal = _memory.Settle(receipt, signature, _open);
            Monitor.Pulse(_gate);
            if (_memory.Order(receipt.OrderHash) is not null)
            {
                return refusal;
            }
        }

        // An acked order that was run again: its receipt is on the disk.
        if (Served(receipt.OrderHash)?.Receipt is not StoredReceipt stored)
        {
            return RefusalReason.OrderUnknown;
        }

        return stored.Receipt == receipt ? RefusalReason.None : RefusalReason.ReceiptConflict;
    }

    /// <summary>
    /// Gives up a reserved order of which nothing left the node. The same order may come again.
    /// </summary>
    public RefusalReason ReleaseOrder(in Bytes32 orderHash)
    {
        lock (_gate)
        {
            if (IsUnable(out _))
            {
                return RefusalReason.StorageFailed;
            }

            RefusalReason refusal = _memory.ReleaseOrder(orderHash, _open);
            Monitor.Pulse(_gate);
            return refusal;
        }
    }

    /// <summary>Stores an ack if it is higher; its signature is checked by the caller.</summary>
    public AckResult RecordAck(in Ack ack, in Signature signature)
    {
        lock (_gate)
        {
            if (IsUnable(out Task failed))
            {
                return new AckResult { Refusal = RefusalReason.StorageFailed, Durable = failed };
            }

            AckResult result = _memory.Ack(ack, signature, _open);
            WakeIfUrgent();
            return result with { Durable = Promise(result.Durable) };
        }
    }

    /// <summary>
    /// Stores a release: from now on the channel takes no order. Refused with AckUnfinished while
    /// an order runs, or where it is below what was served. It may leave the node when the task is
    /// done.
    /// </summary>
    public Task RecordRelease(
        in Release release,
        in Signature signature,
        out RefusalReason refusal)
    {
        lock (_gate)
        {
            refusal = RefusalReason.StorageFailed;
            if (IsUnable(out Task failed))
            {
                return failed;
            }

            refusal = _memory.Release(release, signature, _open);
            WakeIfUrgent();
            return Promise(_memory.Channel(release.Channel)?.ReleaseDurable);
        }
    }
}

/// <summary>Answer of <see cref="LedgerStore.RecordAck"/>.</summary>
public readonly struct AckResult
{
    /// <summary>None: stored, or nothing higher than what is stored.</summary>
    public RefusalReason Refusal { get; init; }

    /// <summary>
    /// Higher than what was there: this call stored it.
    /// </summary>
    public bool IsStored { get; init; }

    /// <summary>
    /// The newest ack of the channel: what AckStored names, after <see cref="Durable"/>.
    /// </summary>
    public Ack Newest { get; init; }

    /// <summary>Done when <see cref="Newest"/> is on disk; faults with LedgerException.</summary>
    public Task Durable { get; init; }
}

/// <summary>Answer of <see cref="LedgerStore.Reserve"/>, known at once.</summary>
public readonly struct ReserveResult
{
    /// <summary>None: run it. Anything else: nothing was reserved.</summary>
    public RefusalReason Refusal { get; init; }

    /// <summary>The order was there before: answer again, charge nothing.</summary>
    public bool IsReplay { get; init; }

    /// <summary>
    /// Done when the order row is on disk; faults with a <see cref="LedgerException"/>. Nothing of
    /// the answer may leave the node before.
    /// </summary>
    public Task Durable { get; init; }

    /// <summary>The accept of a replayed order: it is sent again, never signed anew.</summary>
    public StoredAccept? Accept { get; init; }

    /// <summary>The receipt of a replayed order, when there is one already.</summary>
    public StoredReceipt? Receipt { get; init; }

    /// <summary>Steps of a stored cancel of a replayed order.</summary>
    public uint? CancelSteps { get; init; }
}
