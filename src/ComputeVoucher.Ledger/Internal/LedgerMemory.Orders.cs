using System;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>The life of an order: reserved, then settled or released.</summary>
internal sealed partial class LedgerMemory
{
    /// <summary>
    /// Decides and reserves. Passed comes back as SequencePassed: the disk may know.
    /// </summary>
    public ReserveResult Reserve(
        in Order order,
        in Bytes32 hash,
        in Signature signature,
        byte[] input,
        ServicePolicy policy,
        DisputeBounds bounds,
        Batch batch)
    {
        OrderContext context = new()
        {
            Order = order,
            OrderHash = hash,
            Signature = signature,
            InputBytes = input.Length,
            Channel = View(order.Channel, order.Seq, hash) with
            {
                DisputeBounds = bounds,
            },
            Policy = policy,
            DomainSeparator = default,
            Now = 0,
        };
        RefusalReason refusal = OrderRules.CheckLive(context);
        if (refusal != RefusalReason.None)
        {
            if (context.Channel.SequenceUse == SequenceUse.Other)
            {
                KeepConflict(order, signature, batch);
            }

            return new ReserveResult { Refusal = refusal, Durable = batch.Durable };
        }

        if (context.IsReplay)
        {
            return Replay(_orders[hash]);
        }

        ChannelAccount account = _channels[order.Channel];
        if (context.Channel.SequenceUse == SequenceUse.SameReleased)
        {
            account.Released -= order.MaxUnits;
        }
        else
        {
            Add(account, new OpenOrder(order, hash, signature) { Durable = batch.Durable }, batch);
        }

        OpenOrder open = _orders[hash];
        if (open.InputBytes == 0)
        {
            // New, or given up for so long that its input went.
            KeepInput(account, open, input, batch);
        }

        Raise(account, order.MaxUnits, policy);
        open.State = OrderState.Reserved;
        // What was accepted and cancelled before it was given up stands, and so does the promise
        // that nothing of it leaves before the order itself is on the disk again.
        open.Durable = batch.Durable;
        open.AcceptDurable = batch.Durable;
        open.CancelDurable = batch.Durable;
        account.Reserved += order.MaxUnits;
        AddUnacked(account, order.MaxUnits, 0);
        PutOrder(open, batch);
        batch.Urgent = true;
        return Replay(open) with { IsReplay = false };
    }

    private void Add(ChannelAccount account, OpenOrder added, Batch batch)
    {
        account.Orders.Add(added.Order.Seq, added);
        _orders.Add(added.Hash, added);
        account.Accepted += added.Order.MaxUnits;
        batch.Orders++;
    }

    private void KeepInput(ChannelAccount account, OpenOrder open, byte[] input, Batch batch)
    {
        batch.Add(new Change(Table.Inputs, open.Hash.ToArray(), input));
        open.InputBytes = input.Length;
        AddInput(account, input.Length);
    }

    private void AddInput(ChannelAccount account, int bytes)
    {
        InputBytes += bytes;
        account.Key.InputBytes += bytes;
    }

    /// <summary>One conflicting order a sequence, no more.</summary>
    public bool KeepConflict(in Order order, in Signature signature, Batch batch)
    {
        if (!_channels.TryGetValue(order.Channel, out ChannelAccount? account)
            || !account.Orders.TryGetValue(order.Seq, out OpenOrder? open)
            || open.ConflictKept
            || open.Order == order)
        {
            return false;
        }

        open.ConflictKept = true;
        batch.Add(new Change(
            Table.Conflicts,
            Rows.Slot(order.Channel, order.Seq),
            SignedPayload.Encode(order, signature)));
        batch.Urgent = true;
        return true;
    }

    public RefusalReason Accept(in Accept accept, in Signature signature, Batch batch)
    {
        OpenOrder? open = Order(accept.OrderHash);
        if (open is null)
        {
            return RefusalReason.OrderUnknown;
        }

        if (open.Accept is null)
        {
            open.Accept = new StoredAccept(accept, signature);
            open.AcceptDurable = batch.Durable;
            batch.Add(new Change(
                Table.Accepts,
                accept.OrderHash.ToArray(),
                SignedPayload.Encode(accept, signature)));
            batch.Urgent = true;
        }

        return RefusalReason.None;
    }

    public RefusalReason Cancel(in Cancel cancel, in Signature signature, uint steps, Batch batch)
    {
        OpenOrder? open = Order(cancel.OrderHash);
        if (open is null || open.State == OrderState.Released)
        {
            return RefusalReason.OrderUnknown;
        }

        if (open.CancelSteps is null)
        {
            if (open.State == OrderState.Settled)
            {
                return RefusalReason.OrderFinished;
            }

            open.CancelSteps = steps;
            open.CancelDurable = batch.Durable;
            batch.Add(new Change(
                Table.Cancels,
                cancel.OrderHash.ToArray(),
                Rows.Cancel(cancel, signature, steps)));
            batch.Urgent = true;
        }

        return RefusalReason.None;
    }

    public RefusalReason Settle(in Receipt receipt, in Signature signature, Batch batch)
    {
        OpenOrder? open = Order(receipt.OrderHash);
        if (open is null || open.State == OrderState.Released)
        {
            return RefusalReason.OrderUnknown;
        }

        if (open.Receipt is StoredReceipt stored)
        {
            return stored.Receipt == receipt ? RefusalReason.None : RefusalReason.ReceiptConflict;
        }

        if (open.CancelSteps is uint steps && steps != receipt.Steps)
        {
            return RefusalReason.ReceiptStepsWrong;
        }

        ChannelAccount account = _channels[open.Order.Channel];
        bool wasLost = open.IsLost;
        Find(account, open);
        UInt128 reserved = open.Order.MaxUnits;
        UInt128 units = UInt128.Min(receipt.Units, reserved);
        account.Reserved -= reserved;
        account.Settled += units;
        account.Released += reserved - units;
        AddUnacked(account, units, reserved);
        open.State = OrderState.Settled;
        open.Units = units;
        if (wasLost)
        {
            Lose(account, open);
        }

        open.Receipt = new StoredReceipt(receipt, signature);
        PutOrder(open, batch);
        batch.Add(new Change(
            Table.Receipts,
            receipt.OrderHash.ToArray(),
            SignedPayload.Encode(receipt, signature)));
        return RefusalReason.None;
    }

    public RefusalReason ReleaseOrder(in Bytes32 hash, Batch batch)
    {
        OpenOrder? open = Order(hash);
        if (open is null)
        {
            return RefusalReason.OrderUnknown;
        }

        if (open.State != OrderState.Reserved)
        {
            return open.State == OrderState.Released
                ? RefusalReason.None
                : RefusalReason.OrderFinished;
        }

        ChannelAccount account = _channels[open.Order.Channel];
        Find(account, open);
        account.Reserved -= open.Order.MaxUnits;
        account.Released += open.Order.MaxUnits;
        AddUnacked(account, 0, open.Order.MaxUnits);
        open.State = OrderState.Released;
        PutOrder(open, batch);
        return RefusalReason.None;
    }

    private static ReserveResult Replay(OpenOrder open) => new()
    {
        IsReplay = true,
        // A receipt of fewer steps must not leave before the cancel that allows it.
        Durable = open.CancelSteps is null ? open.Durable : open.CancelDurable,
        Accept = open.Accept,
        CancelSteps = open.CancelSteps,
        Receipt = open.Receipt,
    };

    private static void PutOrder(OpenOrder open, Batch batch) => batch.Add(new Change(
        Table.Orders,
        open.Hash.ToArray(),
        Rows.Order(open),
        Rows.Slot(open.Order.Channel, open.Order.Seq)));
}
