using System;
using System.Collections.Generic;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>
/// The state that decisions are made on. Every method that changes it also adds the changed rows to
/// a batch. Not thread safe: the store holds its lock.
/// </summary>
internal sealed partial class LedgerMemory
{
    private readonly Dictionary<Bytes32, ChannelAccount> _channels = [];
    private readonly Dictionary<Address, KeyAccount> _keys = [];
    private readonly Dictionary<Bytes32, OpenOrder> _orders = [];
    private readonly SortedDictionary<long, OutboxEntry> _outbox = [];
    private readonly Dictionary<string, byte[]> _settings = [];
    private long _nextOutboxId = 1;

    /// <summary>Unacked units of all channels.</summary>
    public UInt128 NodeUnacked { get; private set; }

    /// <summary>Bytes of all inputs that are kept.</summary>
    public long InputBytes { get; private set; }

    /// <summary>Of the longest order of each channel that may be disputed, of both lines where it
    /// has two, summed.</summary>
    public UInt128 DisputeUnits { get; private set; }

    public int OpenOrders => _orders.Count;

    public IReadOnlyCollection<ChannelAccount> Channels => _channels.Values;

    public ChannelAccount? Channel(in Bytes32 id) => _channels.GetValueOrDefault(id);

    public OpenOrder? Order(in Bytes32 hash) => _orders.GetValueOrDefault(hash);

    public ICollection<OpenOrder> Orders => _orders.Values;

    /// <summary>The channel for the rules. Passed may still be Same: the disk knows.</summary>
    public ChannelView View(in Bytes32 channel, ulong seq, in Bytes32 orderHash)
    {
        if (!_channels.TryGetValue(channel, out ChannelAccount? account))
        {
            return default;
        }

        return View(account) with { SequenceUse = Use(account, seq, orderHash) };
    }

    /// <summary>
    /// Below the newest ack and not in memory: if it was ever served, the disk knows.
    /// </summary>
    public bool IsOnDiskOnly(in Bytes32 channel, ulong seq, in Bytes32 orderHash) =>
        _channels.TryGetValue(channel, out ChannelAccount? account)
        && seq < account.NextSeq
        && !_orders.ContainsKey(orderHash);

    public ChannelView View(ChannelAccount account) => new()
    {
        Id = account.Id,
        Terms = account.Row.Terms,
        Status = account.Row.Status,
        Released = account.Release is not null,
        Locked = account.Row.Locked,
        Redeemed = account.Row.Redeemed,
        ThawAt = account.Row.ThawAt,
        AckedUnits = account.Acked,
        NextSeq = account.NextSeq,
        UnackedUnits = account.Unacked,
        KeyAckedUnits = account.Key.Acked,
        KeyUnackedUnits = account.Key.Unacked,
        NodeUnackedUnits = NodeUnacked - NodeLost,
        KeyDenied = account.Key.Lost > 0,
        NodeInputBytes = InputBytes,
        KeyInputBytes = account.Key.InputBytes,
        ChannelDisputeUnits = account.DisputeUnits,
        IsOpenToStrangers = account.IsOpenToStrangers,
        NodeDisputeUnits = DisputeUnits,
    };

    /// <summary>Stores the mirror's row, new or changed.</summary>
    public void PutChannel(ChannelRow row, Batch batch)
    {
        Bytes32 id = row.Terms.HashStruct();
        ChannelAccount account = AddChannel(id, row);
        ChannelStatus before = account.Row.Status;
        account.Row = row;
        NoteStatus(account, before);
        PutRow(account, batch);
    }

    /// <summary>The acks of a batch are on disk: orders below them may leave.</summary>
    public void Forget(IEnumerable<Bytes32> acked)
    {
        List<ulong> gone = [];
        foreach (Bytes32 id in acked)
        {
            ChannelAccount account = _channels[id];
            gone.Clear();
            foreach ((ulong seq, OpenOrder order) in account.Orders)
            {
                // A row behind this batch must not leave before it is written.
                if (seq >= account.NextSeq || !order.Durable.IsCompletedSuccessfully)
                {
                    break;
                }

                gone.Add(seq);
                _orders.Remove(order.Hash);
            }

            foreach (ulong seq in gone)
            {
                account.Orders.Remove(seq);
            }
        }
    }

    private static SequenceUse Use(ChannelAccount account, ulong seq, in Bytes32 orderHash)
    {
        if (account.Orders.TryGetValue(seq, out OpenOrder? order))
        {
            if (order.Hash != orderHash)
            {
                if (seq < account.NextSeq)
                {
                    return SequenceUse.Passed;
                }

                return order.ConflictKept ? SequenceUse.OtherKept : SequenceUse.Other;
            }

            if (order.State != OrderState.Released)
            {
                return SequenceUse.Same;
            }

            return seq >= account.NextSeq ? SequenceUse.SameReleased : SequenceUse.Passed;
        }

        if (seq < account.NextSeq)
        {
            return SequenceUse.Passed;
        }

        return seq - account.NextSeq < VoucherLimits.SequenceWindow
            ? SequenceUse.Free
            : SequenceUse.Ahead;
    }

    public bool HasKey(in Address key) => _keys.ContainsKey(key);

    private ChannelAccount AddChannel(in Bytes32 id, ChannelRow row)
    {
        if (_channels.TryGetValue(id, out ChannelAccount? account))
        {
            return account;
        }

        if (!_keys.TryGetValue(row.Terms.SpendKey, out KeyAccount? key))
        {
            key = new KeyAccount();
            _keys.Add(row.Terms.SpendKey, key);
        }

        account = new ChannelAccount(id, row, key);
        _channels.Add(id, account);
        return account;
    }

    private static void PutRow(ChannelAccount account, Batch batch) => batch.Add(new Change(
        Table.Channels, account.Id.ToArray(), Rows.Channel(account.Row, account.Pruned)));

    /// <summary>Moves the unacked sums of a channel, its key and the node together.</summary>
    private void AddUnacked(ChannelAccount account, UInt128 add, UInt128 remove)
    {
        account.Unacked = account.Unacked + add - remove;
        account.Key.Unacked = account.Key.Unacked + add - remove;
        NodeUnacked = NodeUnacked + add - remove;
    }
}
