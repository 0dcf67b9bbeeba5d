using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain;

/// <summary>What a channel holds now, its thaw above all, and what of it is news.</summary>
public sealed partial class ChannelMirror
{
    // Rows that are read and stored together: five batches of calls, one flush of the disk.
    private const int SliceChannels = 250;

    // Slices that are asked for before the first of them is stored: two keep the chain at work
    // while we store, four hide the way to an endpoint that is 40 ms away.
    private const int SlicesAtOnce = 4;

    // Rows of the slow round and unsettled rows that one step reads at most: one batch, and four
    // slices. The rest has its turn in the next steps.
    private const int RoundChannels = 50;
    private const int UnsettledChannels = 1_000;

    // Kind 1, then units that final blocks locked, u128 little endian.
    private const int MarkBytes = 17;

    // Rows that may change without another event, until this block is final.
    private readonly Dictionary<Bytes32, ulong> _unsettled = [];

    // Units that final blocks locked, where that is more than the row grants.
    private readonly Dictionary<Bytes32, UInt128> _promised = [];
    private readonly Queue<Bytes32> _round = [];
    private long? _roundAt;

    private void Restore(ChannelRow row)
    {
        Bytes32 id = row.Terms.HashStruct();
        _rows[id] = row;
        _living += row.Status == ChannelStatus.Closed ? 0 : 1;

        // What the last run saw at its head may have been taken back since.
        if (row.Mirror.Length == MarkBytes)
        {
            _unsettled[id] = 0;
            _promised[id] = BinaryPrimitives.ReadUInt128LittleEndian(row.Mirror.Span[1..]);
        }
    }

    private void Unsettle()
    {
        foreach (Bytes32 id in _rows.Keys)
        {
            _unsettled.TryAdd(id, 0);
        }
    }

    /// <summary>Reads known channels without any log: those that are not settled, where the head is
    /// new, and some of all in turn.</summary>
    private async Task RereadAsync(BlockHeader head, CancellationToken cancel)
    {
        HashSet<Bytes32> due = [];
        if (head.Hash != _headHash)
        {
            foreach (Bytes32 id in _unsettled.Keys)
            {
                if (due.Count < UnsettledChannels)
                {
                    due.Add(id);
                }
            }
        }

        FillRound();
        for (int i = 0; i < RoundChannels && _round.TryDequeue(out Bytes32 id); i++)
        {
            due.Add(id);
        }

        ulong final = _nextFinal == 0 ? 0 : _nextFinal - 1;
        await ReadAsync([.. due], head, final, cancel).ConfigureAwait(false);
    }

    private void FillRound()
    {
        bool isDue = _roundAt is not long at
            || _rpc.Time.GetElapsedTime(at) >= _options.RereadEvery;
        if (_options.RereadEvery <= TimeSpan.Zero || _round.Count > 0 || !isDue)
        {
            return;
        }

        _roundAt = _rpc.Time.GetTimestamp();
        foreach ((Bytes32 id, ChannelRow row) in _rows)
        {
            if (row.Status != ChannelStatus.Closed)
            {
                _round.Enqueue(id);
            }
        }
    }

    /// <summary>Reads some slices at once and stores one after the other. One channel that cannot
    /// be read is left where it waits, and holds up no other.</summary>
    private async Task ReadAsync(
        List<Bytes32> ids, BlockHeader head, ulong final, CancellationToken cancel)
    {
        Queue<(List<Bytes32> Slice, Task<ChannelReading?[]> Views)> reads = [];
        try
        {
            for (int start = 0; start < ids.Count || reads.Count > 0;)
            {
                if (start < ids.Count && reads.Count < SlicesAtOnce)
                {
                    List<Bytes32> slice =
                        ids.GetRange(start, Math.Min(SliceChannels, ids.Count - start));
                    reads.Enqueue((slice, _reader.ReadAsync(slice, head, cancel)));
                    start += slice.Count;
                    continue;
                }

                (List<Bytes32> oldest, Task<ChannelReading?[]> views) = reads.Dequeue();
                await StoreAsync(oldest, await views.ConfigureAwait(false), head, final)
                    .ConfigureAwait(false);
                NoteProgress();
            }
        }
        finally
        {
            // One that failed ends the step: the others are not waited for by anybody else.
            foreach ((_, Task<ChannelReading?[]> views) in reads)
            {
                await ((Task)views).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task StoreAsync(
        List<Bytes32> slice, ChannelReading?[] views, BlockHeader head, ulong final)
    {
        List<Task> writes = [];
        List<(Bytes32 Id, ChannelRow Row)> rows = [];
        for (int i = 0; i < views.Length; i++)
        {
            if (views[i] is ChannelReading view)
            {
                Judge(slice[i], view, head, final, rows);
            }
            else
            {
                _unread = $"channel {slice[i]} cannot be read; the others can";
            }
        }

        foreach ((_, ChannelRow row) in rows)
        {
            writes.Add(_store.PutChannelAsync(row));
        }

        await Task.WhenAll(writes).ConfigureAwait(false);
        foreach ((Bytes32 id, ChannelRow row) in rows)
        {
            Take(id, row);
        }
    }

    private void Take(Bytes32 id, ChannelRow row)
    {
        bool isKnown = _rows.TryGetValue(id, out ChannelRow? before);
        _living += (row.Status == ChannelStatus.Closed ? 0 : 1)
            - (isKnown && before!.Status != ChannelStatus.Closed ? 1 : 0);
        _rows[id] = row;
        _changed.Add(row);
        // A closed channel has a mark in the place of a time.
        if (row.ThawAt != 0 && row.Status != ChannelStatus.Closed
            && before is not { ThawAt: not 0 })
        {
            _thawing.Add(row);
        }
    }

    private void Judge(
        Bytes32 id,
        in ChannelReading view,
        BlockHeader head,
        ulong final,
        List<(Bytes32 Id, ChannelRow Row)> changed)
    {
        bool isKnown = _rows.TryGetValue(id, out ChannelRow? before);
        ChannelTerms terms = isKnown ? before!.Terms : _found[id];
        UInt128 granted = before is null or { Status: ChannelStatus.Pending } ? 0 : before.Locked;
        UInt128 promised = UInt128.Max(granted, _promised.GetValueOrDefault(id));
        bool isAgreed = view.Answers >= _reader.AnswersForCredit;
        UInt128 redeemed = isAgreed ? view.Redeemed : before?.Redeemed ?? 0;
        bool isClosed = isAgreed ? view.IsClosed : before?.Status == ChannelStatus.Closed;
        UInt128 credit = isAgreed
            ? UInt128.Max(granted, UInt128.Min(promised, view.Locked))
            : granted;
        bool isWaiting = promised > credit && view.LockedMax > credit && !isClosed;
        // What one alone says is asked again when there is another.
        bool isDoubted = !isAgreed && (view.ClosedSaid > 0 || view.LockedMax != granted
            || view.Redeemed != redeemed);
        bool isSettled = _unsettled.GetValueOrDefault(id) <= final && !view.IsContested
            && !isWaiting && !isDoubted;
        ChannelRow row = new()
        {
            Terms = terms,
            Status = isClosed ? ChannelStatus.Closed
                : credit > 0 && view.LockedMax > 0 ? ChannelStatus.Open
                : ChannelStatus.Pending,
            Locked = UInt128.Max(UInt128.Min(credit, view.LockedMax), redeemed),
            Redeemed = redeemed,
            ThawAt = ThawOf(view, isClosed, head),
            Mirror = isSettled ? default : Mark(promised),
        };
        if (isSettled)
        {
            _unsettled.Remove(id);
            _promised.Remove(id);
        }
        else
        {
            _unsettled.TryAdd(id, 0);
            _promised[id] = promised;
        }

        if (isWaiting && !isAgreed)
        {
            _unread = $"channel {id} waits for the word of a second endpoint";
        }

        _found.Remove(id);
        _touched.Remove(id);
        if (before is null || !Same(before, row))
        {
            changed.Add((id, row));
        }
    }

    /// <summary>Where one alone says that it ended, the holder may be withdrawing this very moment.
    /// </summary>
    private static ulong ThawOf(in ChannelReading view, bool isClosed, BlockHeader head) =>
        isClosed ? ChannelAmounts.ClosedThawAt
        : view.ClosedSaid > 0 && view.ThawAt == 0 ? Math.Max(1, head.Timestamp)
        : view.ThawAt;

    private static byte[] Mark(UInt128 promised)
    {
        byte[] mark = new byte[MarkBytes];
        mark[0] = 1;
        BinaryPrimitives.WriteUInt128LittleEndian(mark.AsSpan(1), promised);
        return mark;
    }

    private static bool Same(ChannelRow left, ChannelRow right) =>
        left.Status == right.Status && left.Locked == right.Locked
        && left.Redeemed == right.Redeemed && left.ThawAt == right.ThawAt
        && left.Mirror.Span.SequenceEqual(right.Mirror.Span);
}
