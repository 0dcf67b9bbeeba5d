using System;
using System.Collections.Generic;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>Acks and releases.</summary>
internal sealed partial class LedgerMemory
{
    public AckResult Ack(in Ack ack, in Signature signature, Batch batch)
    {
        if (!_channels.TryGetValue(ack.Channel, out ChannelAccount? account))
        {
            return new AckResult { Refusal = RefusalReason.ChannelUnknown };
        }

        ChannelView view = View(account);
        if (account.Ack is Ack newest && AckRules.IsStale(ack, view))
        {
            return new AckResult { Newest = newest, Durable = account.AckDurable };
        }

        UInt128 owed = Owed(account, ack.NextSeq, out bool unfinished);
        RefusalReason refusal = AckRules.Check(ack, view, owed, unfinished);
        if (refusal != RefusalReason.None)
        {
            return new AckResult { Refusal = refusal, Newest = account.Ack ?? default };
        }

        FindUntil(account, ack.NextSeq);
        AddUnacked(account, 0, owed);
        account.Key.Acked += ack.CumUnits - account.Acked;
        account.Ack = ack;
        account.AckSignature = signature;
        account.AckDurable = batch.Durable;
        batch.Add(new Change(
            Table.Acks, ack.Channel.ToArray(), SignedPayload.Encode(ack, signature)));
        batch.Acked.Add(ack.Channel);
        batch.Acks++;
        batch.Urgent = true;
        return new AckResult { IsStored = true, Newest = ack, Durable = batch.Durable };
    }

    public RefusalReason Release(in Release release, in Signature signature, Batch batch)
    {
        if (!_channels.TryGetValue(release.Channel, out ChannelAccount? account))
        {
            return RefusalReason.ChannelUnknown;
        }

        if (account.Release is Release signed)
        {
            return signed == release ? RefusalReason.None : RefusalReason.ChannelReleased;
        }

        // An order may have been served, or an ack stored, since the caller looked: a release
        // below that would give it away.
        if (account.Reserved != 0 || release.CumUnits < account.Acked + account.Unacked)
        {
            return RefusalReason.AckUnfinished;
        }

        account.Release = release;
        account.ReleaseDurable = batch.Durable;
        batch.Add(new Change(
            Table.Releases, release.Channel.ToArray(), SignedPayload.Encode(release, signature)));
        batch.Urgent = true;
        return RefusalReason.None;
    }

    /// <summary>Units of the orders in [newest ack, nextSeq).</summary>
    private static UInt128 Owed(ChannelAccount account, ulong nextSeq, out bool unfinished)
    {
        UInt128 owed = 0;
        unfinished = false;
        foreach ((ulong seq, OpenOrder open) in account.Orders)
        {
            if (seq >= nextSeq)
            {
                break;
            }

            if (seq >= account.NextSeq)
            {
                owed += open.Charge;
                unfinished |= open.State == OrderState.Reserved;
            }
        }

        return owed;
    }

    /// <summary>Removes one finished order from sums that are kept whole; see PruneAsync.</summary>
    /// <param name="stored">As it is on the disk.</param>
    /// <param name="inputBytes">Of its input there.</param>
    /// <param name="batch">Takes the changes.</param>
    public bool Prune(OpenOrder stored, int inputBytes, Batch batch)
    {
        ChannelAccount account = _channels[stored.Order.Channel];
        if (IsPinned(stored.Hash))
        {
            return false;
        }

        bool acked = stored.Order.Seq < account.NextSeq && !_orders.ContainsKey(stored.Hash);
        if (!acked && account.Row.Status != ChannelStatus.Closed)
        {
            return false;
        }

        OpenOrder order = _orders.GetValueOrDefault(stored.Hash) ?? stored;
        if (order.State == OrderState.Reserved)
        {
            // The channel is closed: nobody will ever pay for it.
            ReleaseOrder(order.Hash, batch);
        }

        if (_orders.Remove(order.Hash))
        {
            Find(account, order);
            account.Orders.Remove(order.Order.Seq);
            if (order.Order.Seq >= account.NextSeq)
            {
                AddUnacked(account, 0, order.Charge);
            }
        }

        PrunedSums pruned = account.Pruned;
        account.Pruned = new PrunedSums(
            pruned.Accepted + order.Order.MaxUnits,
            pruned.Settled + order.Charge,
            pruned.Released + order.Order.MaxUnits - order.Charge);
        AddInput(account, -inputBytes);
        byte[] key = order.Hash.ToArray();
        ReadOnlySpan<Table> tables =
        [
            Table.Orders, Table.Inputs, Table.Accepts, Table.Cancels, Table.Receipts,
        ];
        foreach (Table table in tables)
        {
            batch.Add(new Change(table, key, null));
        }

        byte[] slot = Rows.Slot(order.Order.Channel, order.Order.Seq);
        batch.Add(new Change(Table.Conflicts, slot, null));
        PutRow(account, batch);
        return true;
    }

    /// <summary>See <see cref="LedgerStore.CheckInvariants"/>.</summary>
    public void CheckInvariants()
    {
        UInt128 node = 0;
        UInt128 lost = 0;
        Dictionary<KeyAccount, (UInt128 Acked, UInt128 Unacked)> keys = [];
        int orders = 0;
        foreach (ChannelAccount account in _channels.Values)
        {
            UInt128 reserved = 0;
            UInt128 unacked = 0;
            orders += account.Orders.Count;
            foreach ((ulong seq, OpenOrder open) in account.Orders)
            {
                Require(ReferenceEquals(_orders[open.Hash], open), account, "order index");
                reserved += open.State == OrderState.Reserved ? open.Order.MaxUnits : 0;
                unacked += seq >= account.NextSeq ? open.Charge : 0;
                lost += open.IsLost ? open.Charge : 0;
            }

            UInt128 spent = account.Reserved + account.Settled + account.Released;
            Require(account.Accepted == spent, account, "accepted = reserved + settled + released");
            Require(account.Reserved == reserved, account, "reserved = sum of reserved orders");
            Require(account.Unacked == unacked, account, "unacked = sum beyond the ack");
            node += unacked;
            (UInt128 keyAcked, UInt128 keyUnacked) = keys.GetValueOrDefault(account.Key);
            keys[account.Key] = (keyAcked + account.Acked, keyUnacked + unacked);
        }

        long inputs = 0;
        foreach (KeyAccount key in _keys.Values)
        {
            inputs += key.InputBytes;
        }

        Require(inputs == InputBytes, null, "inputs of the spend keys");
        foreach ((KeyAccount key, (UInt128 acked, UInt128 unacked)) in keys)
        {
            Require(key.Acked == acked && key.Unacked == unacked, null, "sums of a spend key");
        }

        Require(node == NodeUnacked, null, "unacked units of the node");
        Require(lost == NodeLost, null, "lost units of the node");
        Require(orders == _orders.Count, null, "number of orders");
    }

    private static void Require(bool holds, ChannelAccount? account, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"ledger invariant broken: {what} {account?.Id}");
        }
    }
}
