using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.TestKit;

/// <summary>
/// A random life of a ledger, the same for the same seed: each step is applied to the model and,
/// when there is one, to a real ledger, whose answers are compared.
/// </summary>
public sealed class History
{
    /// <summary>Names under which the history stores settings.</summary>
    public static readonly string[] SettingNames = ["cursor", "note"];

    public static readonly ServicePolicy Policy = new()
    {
        Node = new Address(Enumerable.Repeat((byte)7, 20).ToArray()),
        BudgetStartUnits = 4_000,
        BudgetGrowthPermille = 500,
        BudgetUnitsMax = 100_000,
    };

    public static readonly LedgerIdentity Identity = new(31337, default, default, Policy.Node);

    private readonly Prng _seeded;
    private readonly int _inputBytesMax;
    private long _outboxId;

    public History(ulong seed, int inputBytesMax = 2_000)
    {
        _seeded = new Prng(seed);
        _inputBytesMax = inputBytesMax;
        Model = new LedgerModel(Policy);
    }

    public LedgerModel Model { get; }

    /// <summary>
    /// Steps that were refused or changed nothing, and steps that changed something.
    /// </summary>
    public int Refused { get; private set; }

    public static LedgerOptions Options(
        LedgerSynchronous synchronous, long checkpointBytes = 64 << 10) => new()
    {
        Identity = Identity,
        Policy = Policy,
        Synchronous = synchronous,
        CheckpointBytes = checkpointBytes,
    };

    /// <summary>
    /// One step. The task is done when the step is durable; a lazy step gives a done task.
    /// </summary>
    /// <exception cref="InvalidOperationException">Ledger and model disagree.</exception>
    public Task Step(LedgerStore? store)
    {
        List<ModelChannel> channels = [.. Model.Channels];
        if (channels.Count < 3 || _seeded.Chance(2))
        {
            return PutChannel(store, channels);
        }

        ModelChannel channel = channels[_seeded.Below(channels.Count)];
        return _seeded.Below(100) switch
        {
            < 35 => Reserve(store, channel),
            < 65 => Settle(store, channel),
            < 70 => Cancel(store, channel),
            < 75 => Accept(store, channel),
            < 79 => GiveUp(store, channel),
            < 92 => Ack(store, channel),
            < 96 => PutOutbox(store),
            < 98 => PutSetting(store),
            _ => Release(store, channel),
        };
    }

    private Task PutChannel(LedgerStore? store, List<ModelChannel> channels)
    {
        ChannelRow row;
        if (channels.Count < 6)
        {
            // Two spend keys, so that budgets span channels.
            Address spendKey = new(Enumerable.Repeat((byte)_seeded.Below(2), 20).ToArray());
            ChannelTerms terms = new(
                default, Policy.Node, spendKey, default, new Bytes32(_seeded.Bytes(32)));
            row = new ChannelRow
            {
                Terms = terms,
                Status = ChannelStatus.Open,
                Locked = (ulong)_seeded.Below(20_000),
                Mirror = _seeded.Bytes(_seeded.Below(40)),
            };
        }
        else
        {
            ChannelRow old = channels[_seeded.Below(channels.Count)].Row;
            row = old with { Locked = old.Locked + (ulong)_seeded.Below(20_000) };
        }

        Model.PutChannel(row);
        return store?.PutChannel(row) ?? Task.CompletedTask;
    }

    private Task Reserve(LedgerStore? store, ModelChannel channel)
    {
        List<ModelOrder> stored = [.. channel.Orders.Values];
        bool again = stored.Count > 0 && _seeded.Chance(10);
        Order order;
        if (again)
        {
            order = stored[_seeded.Below(stored.Count)].Order;
            again = channel.Orders[order.Seq].State != OrderState.Released;
        }
        else
        {
            int percent = _seeded.Below(100);
            ulong last = stored.Count > 0 ? stored[^1].Order.Seq + 1 : 0;
            ulong seq = percent switch
            {
                < 5 when stored.Count > 0 => stored[_seeded.Below(stored.Count)].Order.Seq,
                < 8 => channel.NextSeq + 1020 + (ulong)_seeded.Below(8),
                < 12 => last + (ulong)_seeded.Below(3),
                _ => last < channel.NextSeq ? channel.NextSeq : last,
            };
            order = new Order(
                channel.Id,
                seq,
                new Bytes32(_seeded.Bytes(32)),
                default,
                (ulong)_seeded.Below(1500),
                1_000 + (ulong)_seeded.Below(1_000),
                OrderFlags.None,
                default);
        }

        byte[] input = _seeded.Bytes(_seeded.Below(_inputBytesMax));
        Signature signature = new(_seeded.Bytes(64));
        if (channel.Released is not null)
        {
            return Compare(store, again ? 0 : RefusalReason.ChannelReleased, s =>
                s.Reserve(order, order.HashStruct(), signature, input));
        }

        RefusalReason expected = Model.Reserve(order, again);
        return Compare(store, expected, s =>
            s.Reserve(order, order.HashStruct(), signature, input));
    }

    private Task Compare(
        LedgerStore? store, RefusalReason expected, Func<LedgerStore, ReserveResult> reserve)
    {
        Count(expected);
        if (store is null)
        {
            return Task.CompletedTask;
        }

        ReserveResult result = reserve(store);
        Expect(expected, result.Refusal);
        return expected == RefusalReason.None ? result.Durable : Task.CompletedTask;
    }

    private Task Settle(LedgerStore? store, ModelChannel channel)
    {
        if (Pick(channel, OrderState.Reserved) is not ModelOrder order)
        {
            return Task.CompletedTask;
        }

        Receipt receipt = new(
            order.Order.HashStruct(),
            order.CancelSteps ?? 1,
            new Bytes32(_seeded.Bytes(32)),
            default,
            (UInt128)(ulong)_seeded.Below(1600));
        Model.Settle(receipt, order);
        Signature signature = new(_seeded.Bytes(64));
        if (store is not null)
        {
            Expect(RefusalReason.None, store.RecordReceipt(receipt, signature));
        }

        return Task.CompletedTask;
    }

    private Task Cancel(LedgerStore? store, ModelChannel channel)
    {
        if (Pick(channel, OrderState.Reserved) is not ModelOrder order)
        {
            return Task.CompletedTask;
        }

        uint steps = (uint)_seeded.Below(50);
        order.CancelSteps ??= steps;
        Signature signature = new(_seeded.Bytes(64));
        Cancel cancel = new(order.Order.HashStruct());
        return store?.RecordCancel(cancel, signature, steps, out _) ?? Task.CompletedTask;
    }

    private Task Accept(LedgerStore? store, ModelChannel channel)
    {
        if (Pick(channel, OrderState.Reserved) is not ModelOrder order)
        {
            return Task.CompletedTask;
        }

        ulong dueAt = (ulong)_seeded.Below(5000);
        order.DueAt ??= dueAt;
        Signature signature = new(_seeded.Bytes(64));
        Accept accept = new(order.Order.HashStruct(), dueAt);
        return store?.RecordAccept(accept, signature, out _) ?? Task.CompletedTask;
    }

    private Task GiveUp(LedgerStore? store, ModelChannel channel)
    {
        if (Pick(channel, OrderState.Reserved) is ModelOrder order)
        {
            order.State = OrderState.Released;
            if (store is not null)
            {
                Expect(RefusalReason.None, store.ReleaseOrder(order.Order.HashStruct()));
            }
        }

        return Task.CompletedTask;
    }

    private Task Ack(LedgerStore? store, ModelChannel channel)
    {
        // Up to the first order that still runs, and sometimes wrong on purpose.
        ulong next = channel.NextSeq;
        UInt128 owed = channel.Acked;
        foreach ((ulong seq, ModelOrder order) in channel.Orders)
        {
            if (seq < channel.NextSeq)
            {
                continue;
            }

            if (order.State == OrderState.Reserved)
            {
                break;
            }

            owed += order.Charge;
            next = seq + 1;
        }

        int wrong = _seeded.Below(100);
        UInt128 units = wrong < 10 ? owed + (ulong)_seeded.Below(300) : owed;
        units -= wrong is >= 10 and < 20 ? UInt128.Min(units, 5) : 0;
        next += wrong is >= 20 and < 30 ? 2ul : 0;
        Ack ack = new(channel.Id, units, next);
        RefusalReason expected = Model.Ack(ack);
        Count(expected);
        Signature signature = new(_seeded.Bytes(64));
        if (store is null)
        {
            return Task.CompletedTask;
        }

        AckResult result = store.RecordAck(ack, signature);
        Expect(expected, result.Refusal);
        return expected == RefusalReason.None ? result.Durable : Task.CompletedTask;
    }

    private Task Release(LedgerStore? store, ModelChannel channel)
    {
        Signature signature = new(_seeded.Bytes(64));
        bool free = _seeded.Chance(30) && channel.Released is null && channel.Sums.Unacked == 0;
        if (!free)
        {
            return Task.CompletedTask;
        }

        channel.Released = channel.Acked;
        Vouchers.Release release = new(channel.Id, channel.Acked);
        return store?.RecordRelease(release, signature, out _) ?? Task.CompletedTask;
    }

    private Task PutOutbox(LedgerStore? store)
    {
        OutboxEntry entry = OutboxDraft.Entry(_seeded);
        if (_outboxId > 0 && _seeded.Chance(60))
        {
            entry = entry with { Id = 1 + _seeded.Below((int)_outboxId) };
            Model.PutOutbox(entry);
            return store?.UpdateOutbox(entry) ?? Task.CompletedTask;
        }

        entry = entry with { Id = ++_outboxId };
        Model.PutOutbox(entry);
        if (store is null)
        {
            return Task.CompletedTask;
        }

        OutboxEntry added = store.InsertOutbox(entry, out Task durable);
        return added.Id == entry.Id
            ? durable
            : throw new InvalidOperationException($"outbox id {added.Id}, not {entry.Id}");
    }

    private Task PutSetting(LedgerStore? store)
    {
        string name = SettingNames[_seeded.Below(SettingNames.Length)];
        byte[] value = _seeded.Bytes(_seeded.Below(64));
        Model.PutSetting(name, value);
        return store?.PutSetting(name, value) ?? Task.CompletedTask;
    }

    private ModelOrder? Pick(ModelChannel channel, OrderState state)
    {
        List<ModelOrder> fitting = [.. channel.Orders.Values.Where(o => o.State == state)];
        return fitting.Count == 0 ? null : fitting[_seeded.Below(fitting.Count)];
    }

    private void Count(RefusalReason reason) => Refused += reason == RefusalReason.None ? 0 : 1;

    private static void Expect(RefusalReason expected, RefusalReason actual)
    {
        if (actual == RefusalReason.StorageFailed)
        {
            throw new LedgerException("the ledger failed under the history");
        }

        if (expected != actual)
        {
            throw new InvalidOperationException($"the ledger says {actual}, the model {expected}");
        }
    }
}
