using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using ComputeVoucher.Ledger.Internal;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger;

/// <summary>Rows of the chain mirror and of the outbox, settings, sums.</summary>
public sealed partial class LedgerStore
{
    private const string OwnSettings = "ledger.";

    /// <summary>Stores the mirror's row of a channel, new or changed.</summary>
    /// <exception cref="ArgumentException">Units above the limit, or a mirror part too
    /// long.</exception>
    public Task PutChannel(ChannelRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        if (row.Locked > VoucherLimits.UnitsMax
            || row.Redeemed > VoucherLimits.UnitsMax
            || row.Mirror.Length > ChannelRow.MirrorBytesMax)
        {
            throw new ArgumentException("channel row over its limits");
        }

        return Change(batch => _memory.PutChannel(row, batch));
    }

    /// <summary>Every channel.</summary>
    public IReadOnlyList<ChannelState> Channels()
    {
        lock (_gate)
        {
            List<ChannelState> states = new(_memory.Channels.Count);
            foreach (ChannelAccount account in _memory.Channels)
            {
                states.Add(account.State);
            }

            return states;
        }
    }

    /// <summary>One channel; null when unknown.</summary>
    public ChannelState? Channel(in Bytes32 channel)
    {
        lock (_gate)
        {
            return _memory.Channel(channel)?.State;
        }
    }

    /// <summary>Adds an outbox entry and gives it an id.</summary>
    public OutboxEntry InsertOutbox(OutboxEntry entry, out Task durable)
    {
        OutboxEntry added = entry;
        durable = Change(batch => added = _memory.InsertOutbox(entry, batch));
        return added;
    }

    /// <summary>Replaces an outbox entry of the same id.</summary>
    public Task UpdateOutbox(OutboxEntry entry) =>
        Change(batch => _memory.UpdateOutbox(entry, batch));

    /// <summary>Removes a Final or Abandoned entry.</summary>
    public Task DeleteOutbox(long id) => Change(batch => _memory.DeleteOutbox(id, batch));

    /// <summary>Every outbox entry, by id.</summary>
    public IReadOnlyList<OutboxEntry> Outbox()
    {
        lock (_gate)
        {
            return [.. _memory.Outbox];
        }
    }

    /// <summary>A named value; null when absent. For cursors and the like.</summary>
    public byte[]? Setting(string name)
    {
        lock (_gate)
        {
            return (byte[]?)_memory.Setting(name)?.Clone();
        }
    }

    /// <summary>Stores a named value: at most 64 ASCII letters, at most 64 KiB.</summary>
    /// <exception cref="ArgumentException">Too long, or one of the ledger's own names.</exception>
    public Task PutSetting(string name, ReadOnlySpan<byte> value)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.StartsWith(OwnSettings, StringComparison.Ordinal))
        {
            throw new ArgumentException($"settings {OwnSettings}… belong to the ledger");
        }

        byte[] bytes = value.ToArray();
        return Change(batch => _memory.PutSetting(name, bytes, batch));
    }

    /// <summary>Done when everything before it is on disk.</summary>
    public Task FlushAsync() => Change(batch => batch.Urgent = true);

    /// <summary>
    /// Recomputes every sum from the single orders and compares: accepted = reserved + settled +
    /// released for each channel, and the totals of spend keys and node.
    /// </summary>
    /// <exception cref="InvalidOperationException">A sum is wrong: a bug, not a fault.</exception>
    public void CheckInvariants()
    {
        lock (_gate)
        {
            _memory.CheckInvariants();
        }
    }

    private Task Change(Action<Batch> change)
    {
        lock (_gate)
        {
            if (IsUnable(out Task failed))
            {
                return failed;
            }

            Batch batch = _open;
            change(batch);
            batch.Urgent = true;
            WakeIfUrgent();
            return Promise(batch.Durable);
        }
    }
}
