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
    private async Task<List<(Bytes32 Id, ChannelRow Row)>> ReadAsync(
        HashSet<Bytes32> touched,
        Dictionary<Bytes32, ChannelTerms> opened,
        BlockHeader final,
        BlockHeader head,
        CancellationToken cancel)
    {
        List<(Bytes32 Id, ChannelRow Row)> changed = [];
        foreach (Bytes32 id in touched)
        {
            bool isKnown = _rows.TryGetValue(id, out ChannelRow? before);
            if (!isKnown && !opened.ContainsKey(id))
            {
                continue;
            }

            if (!isKnown && _rows.Count + changed.Count >= ChainLimits.ChannelsMax)
            {
                throw new ChainException(
                    ChainFault.TooLarge,
                    $"more than {ChainLimits.ChannelsMax} channels; run another node key");
            }

            ChannelTerms terms = before?.Terms ?? opened[id];
            ChannelAmounts atFinal = await _vouchers
                .ChannelAsync(id, BlockTag.Number(final.Number), cancel)
                .ConfigureAwait(false);
            ChannelAmounts atHead = await _vouchers
                .ChannelAsync(id, BlockTag.Number(head.Number), cancel)
                .ConfigureAwait(false);
            ChannelRow row = Worse(terms, atFinal, atHead);
            if (before is null || !Same(before, row))
            {
                changed.Add((id, row));
            }
        }

        return changed;
    }

    private static ChannelRow Worse(
        in ChannelTerms terms, in ChannelAmounts atFinal, in ChannelAmounts atHead)
    {
        bool isClosed = atFinal.IsClosed || atHead.IsClosed;
        bool isFinal = atFinal.Locked > 0 || atFinal.IsClosed;
        bool isThere = atHead.Locked > 0 || atHead.IsClosed;
        UInt128 redeemed = UInt128.Max(atFinal.Redeemed, atHead.Redeemed);
        ulong thawAt = atFinal.ThawAt == 0 || atHead.ThawAt == 0
            ? Math.Max(atFinal.ThawAt, atHead.ThawAt)
            : Math.Min(atFinal.ThawAt, atHead.ThawAt);
        return new ChannelRow
        {
            Terms = terms,
            Status = isClosed ? ChannelStatus.Closed
                : isFinal && isThere ? ChannelStatus.Open
                : ChannelStatus.Pending,
            Locked = UInt128.Max(UInt128.Min(atFinal.Locked, atHead.Locked), redeemed),
            Redeemed = redeemed,
            ThawAt = thawAt,
        };
    }

    private static bool Same(ChannelRow left, ChannelRow right) =>
        left.Status == right.Status && left.Locked == right.Locked
        && left.Redeemed == right.Redeemed && left.ThawAt == right.ThawAt;

    private async Task<MirrorStep> StoreAsync(
        List<(Bytes32 Id, ChannelRow Row)> changed, BlockHeader final)
    {
        List<ChannelRow> rows = [];
        List<ChannelRow> thawing = [];
        List<Task> writes = [];
        foreach ((Bytes32 id, ChannelRow row) in changed)
        {
            bool wasThawing = _rows.TryGetValue(id, out ChannelRow? before) && before.ThawAt != 0;
            rows.Add(row);
            if (row.ThawAt != 0 && !wasThawing)
            {
                thawing.Add(row);
            }

            writes.Add(_store.PutChannelAsync(row));
        }

        byte[] cursor = new byte[CursorBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(cursor, final.Number);
        final.Hash.CopyTo(cursor.AsSpan(8));
        writes.Add(_store.PutCursorAsync(cursor));
        await Task.WhenAll(writes).ConfigureAwait(false);
        foreach ((Bytes32 id, ChannelRow row) in changed)
        {
            _rows[id] = row;
        }

        _nextFinal = final.Number + 1;
        _finalHash = final.Hash;
        return new MirrorStep(rows, thawing);
    }
}
