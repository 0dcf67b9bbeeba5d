using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using ComputeVoucher.Ledger;
using ComputeVoucher.Ledger.Internal;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.TestKit;

/// <summary>
/// What the ledger promises, written from the rules of orders, acks and the outbox and without a
/// thought for speed: the oracle of the model test and of the power-cut test.
/// </summary>
public sealed class LedgerModel
{
    private readonly ServicePolicy _policy;
    private readonly SortedDictionary<Bytes32, ModelChannel> _channels = [];
    private readonly SortedDictionary<long, OutboxEntry> _outbox = [];
    private readonly SortedDictionary<string, string> _settings = [];

    public LedgerModel(ServicePolicy policy) => _policy = policy;

    public IEnumerable<ModelChannel> Channels => _channels.Values;

    public void PutChannel(ChannelRow row)
    {
        Bytes32 id = row.Terms.HashStruct();
        _channels.TryAdd(id, new ModelChannel(id));
        _channels[id].Row = row;
    }

    public RefusalReason Reserve(Order order, bool replayWanted)
    {
        ModelChannel channel = _channels[order.Channel];
        if (channel.Orders.TryGetValue(order.Seq, out ModelOrder? stored))
        {
            if (stored.Order != order)
            {
                return order.Seq < channel.NextSeq
                    ? RefusalReason.SequencePassed
                    : RefusalReason.SequenceUsed;
            }

            if (stored.State != OrderState.Released)
            {
                return RefusalReason.None;
            }
        }

        if (replayWanted)
        {
            throw new InvalidOperationException("the history replays an order that is not stored");
        }

        if (order.Seq < channel.NextSeq)
        {
            return RefusalReason.SequencePassed;
        }

        if (order.Seq - channel.NextSeq >= 1024)
        {
            return RefusalReason.SequenceAhead;
        }

        UInt128 committed = UInt128.Max(channel.Row.Redeemed, channel.Acked);
        if (committed + channel.Unacked + order.MaxUnits > channel.Row.Locked)
        {
            return RefusalReason.BalanceShort;
        }

        if (KeyUnacked(channel) + order.MaxUnits > _policy.BudgetOf(KeyAcked(channel)))
        {
            return RefusalReason.BudgetShort;
        }

        // Reserved again after it was given up: what was accepted and cancelled stands.
        channel.Orders[order.Seq] = new ModelOrder(order)
        {
            CancelSteps = stored?.CancelSteps,
            DueAt = stored?.DueAt,
        };
        return RefusalReason.None;
    }

    public void Settle(Receipt receipt, ModelOrder order)
    {
        order.State = OrderState.Settled;
        order.Receipt = receipt;
    }

    public RefusalReason Ack(Ack ack)
    {
        ModelChannel channel = _channels[ack.Channel];
        bool higher = ack.CumUnits > channel.Acked || ack.NextSeq > channel.NextSeq;
        if (channel.Ack is not null && !higher)
        {
            return RefusalReason.None;
        }

        if (ack.CumUnits < channel.Acked || ack.NextSeq < channel.NextSeq)
        {
            return RefusalReason.AckNotMonotone;
        }

        if (ack.CumUnits > channel.Row.Locked)
        {
            return RefusalReason.AckOverLocked;
        }

        UInt128 owed = 0;
        foreach ((ulong seq, ModelOrder order) in channel.Orders)
        {
            if (seq >= channel.NextSeq && seq < ack.NextSeq)
            {
                if (order.State == OrderState.Reserved)
                {
                    return RefusalReason.AckUnfinished;
                }

                owed += order.Charge;
            }
        }

        if (ack.CumUnits - channel.Acked < owed)
        {
            return RefusalReason.AckBelowOwed;
        }

        channel.Ack = ack;
        return RefusalReason.None;
    }

    public void PutOutbox(OutboxEntry entry) => _outbox[entry.Id] = entry;

    public void PutSetting(string name, byte[] value) =>
        _settings[name] = Convert.ToHexStringLower(value);

    /// <summary>
    /// Everything observable, as text. Two states are equal when their texts are.
    /// </summary>
    public string Describe()
    {
        StringBuilder text = new();
        foreach (ModelChannel channel in _channels.Values)
        {
            Describe(text, channel.Id, channel.Row, channel.Sums, channel.Released);
            foreach (ModelOrder order in channel.Orders.Values)
            {
                if (order.State == OrderState.Reserved)
                {
                    Unfinished(text, order.Order.HashStruct(), order.CancelSteps, order.DueAt);
                }
            }

            foreach (ModelOrder order in channel.Orders.Values)
            {
                Finished(text, order.Receipt);
            }
        }

        Tail(text, _outbox.Values, _settings);
        return text.ToString();
    }

    /// <summary>The same text of a real ledger.</summary>
    public static string Describe(LedgerStore store, IEnumerable<string> settingNames)
    {
        StringBuilder text = new();
        SortedDictionary<Bytes32, ChannelState> channels = [];
        foreach (ChannelState state in store.Channels())
        {
            channels.Add(state.Id, state);
        }

        List<StoredOrder> unfinished = [.. store.UnfinishedOrdersAsync().GetAwaiter().GetResult()];
        unfinished.Sort((a, b) => a.Order.Seq.CompareTo(b.Order.Seq));
        foreach (ChannelState state in channels.Values)
        {
            Describe(text, state.Id, state.Row, state.Sums, state.Release?.CumUnits);
            foreach (StoredOrder order in unfinished)
            {
                if (order.Order.Channel == state.Id)
                {
                    Unfinished(text, order.Hash, order.CancelSteps, order.Accept?.Accept.DueAt);
                }
            }

            foreach (StoredOrder order in store.OrdersAsync(state.Id, 0, int.MaxValue)
                .GetAwaiter().GetResult())
            {
                if (order.Receipt is { } receipt)
                {
                    Finished(text, receipt.Receipt);
                }
            }
        }

        SortedDictionary<string, string> settings = [];
        foreach (string name in settingNames)
        {
            if (store.Setting(name) is byte[] value)
            {
                settings[name] = Convert.ToHexStringLower(value);
            }
        }

        Tail(text, store.Outbox(), settings);
        return text.ToString();
    }

    private static void Describe(
        StringBuilder text, Bytes32 id, ChannelRow row, ChannelSums sums, UInt128? released) =>
        text.Append(CultureInfo.InvariantCulture,
            $"channel {id} locked {row.Locked} redeemed {row.Redeemed} {sums}"
            + $" released {released}\n");

    private static void Unfinished(StringBuilder text, Bytes32 hash, uint? cancel, ulong? dueAt) =>
        text.Append(CultureInfo.InvariantCulture, $" runs {hash} cancel {cancel} due {dueAt}\n");

    private static void Finished(StringBuilder text, Receipt? receipt)
    {
        if (receipt is Receipt given)
        {
            text.Append(CultureInfo.InvariantCulture, $" done {given.HashStruct()}\n");
        }
    }

    private static void Tail(
        StringBuilder text,
        IEnumerable<OutboxEntry> outbox,
        SortedDictionary<string, string> settings)
    {
        foreach (OutboxEntry entry in outbox)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"outbox {entry.Id} {entry.Request.Kind} {entry.State} {entry.Nonce}"
                + $" {Keccak256.Hash(OutboxRows.Encode(entry))}\n");
        }

        foreach ((string name, string value) in settings)
        {
            text.Append(CultureInfo.InvariantCulture, $"setting {name} {value}\n");
        }
    }

    private UInt128 KeyAcked(ModelChannel of)
    {
        UInt128 sum = 0;
        foreach (ModelChannel channel in _channels.Values)
        {
            sum += channel.Row.Terms.SpendKey == of.Row.Terms.SpendKey ? channel.Acked : 0;
        }

        return sum;
    }

    private UInt128 KeyUnacked(ModelChannel of)
    {
        UInt128 sum = 0;
        foreach (ModelChannel channel in _channels.Values)
        {
            sum += channel.Row.Terms.SpendKey == of.Row.Terms.SpendKey ? channel.Unacked : 0;
        }

        return sum;
    }
}
