using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain;

/// <summary>This node's channels as the chain has them.</summary>
/// <remarks>
/// <para>Events only say which channels to look at; amounts come from channel() and aux(), read at
/// the newest final block and at the head. What gives the node more (openings, top-ups) counts by
/// the final block, what takes from it (withdrawals, thaws, redemptions) by the head as well: each
/// row is the worse of the two.</para>
/// <para>The head part is made anew in every step, so a reorganisation needs no undoing: what it
/// took back is simply not there any more.</para>
/// </remarks>
public sealed class ChannelMirror
{
    // Number u64 little endian, hash 32.
    private const int CursorBytes = 8 + Bytes32.Size;

    private readonly JsonRpcClient _rpc;
    private readonly VouchersContract _vouchers;
    private readonly IMirrorStore _store;
    private readonly Address _node;
    private readonly MirrorOptions _options;
    private readonly Dictionary<Bytes32, ChannelRow> _rows = [];
    private readonly HashSet<Bytes32> _unsettled = [];
    private ulong _nextFinal;
    private Bytes32 _finalHash;
    private Bytes32 _headHash;

    /// <param name="node">Channels locked to this key are followed.</param>
    public ChannelMirror(
        JsonRpcClient rpc,
        VouchersContract vouchers,
        IMirrorStore store,
        Address node,
        MirrorOptions options)
    {
        ArgumentNullException.ThrowIfNull(rpc);
        ArgumentNullException.ThrowIfNull(vouchers);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(options);
        _rpc = rpc;
        _vouchers = vouchers;
        _store = store;
        _node = node;
        _options = options;
        _nextFinal = options.StartBlock;
        foreach (ChannelRow row in store.Channels())
        {
            Bytes32 id = row.Terms.HashStruct();
            _rows[id] = row;

            // What the last run saw at its head may have been taken back since.
            _unsettled.Add(id);
        }

        if (store.Cursor() is { Length: CursorBytes } cursor)
        {
            _nextFinal = BinaryPrimitives.ReadUInt64LittleEndian(cursor) + 1;
            _finalHash = new Bytes32(cursor.AsSpan(8));
        }
    }

    /// <summary>One line on what went wrong in the last step; null where nothing did.</summary>
    public string? Problem { get; private set; }

    /// <summary>The head of the last whole step; null before it.</summary>
    public BlockHeader? Head { get; private set; }

    /// <summary>Channels followed.</summary>
    public int Count => _rows.Count;

    /// <summary>Follows the chain to its head. Never throws a <see cref="ChainException"/>: it
    /// becomes <see cref="Problem"/>, nothing is stored, and the next step starts from the same
    /// place. An exception of the store passes through.</summary>
    public async Task<MirrorStep> StepAsync(CancellationToken cancel)
    {
        try
        {
            Problem = null;
            return await FollowAsync(cancel).ConfigureAwait(false);
        }
        catch (ChainException e)
        {
            Problem = e.Message;
            return new MirrorStep([], []);
        }
    }

    private async Task<MirrorStep> FollowAsync(CancellationToken cancel)
    {
        BlockHeader head = await BlockAsync(BlockTag.Latest, cancel).ConfigureAwait(false);
        BlockHeader final = await FinalAsync(head, cancel).ConfigureAwait(false);
        await CheckCursorAsync(final, cancel).ConfigureAwait(false);
        if (head.Hash == _headHash && final.Number + 1 == _nextFinal)
        {
            Head = head;
            return new MirrorStep([], []);
        }

        Dictionary<Bytes32, ChannelTerms> opened = [];
        HashSet<Bytes32> touched = [.. _unsettled];
        await CollectAsync(_nextFinal, final.Number, opened, touched, cancel).ConfigureAwait(false);
        HashSet<Bytes32> recent = [];
        await CollectAsync(
            Math.Max(_nextFinal, final.Number + 1), head.Number, opened, recent, cancel)
            .ConfigureAwait(false);
        touched.UnionWith(recent);
        List<(Bytes32 Id, ChannelRow Row)> changed =
            await ReadAsync(touched, opened, final, head, cancel).ConfigureAwait(false);

        // Read by number, so make sure that the numbers still mean the same blocks.
        BlockHeader again = await BlockAsync(BlockTag.Number(head.Number), cancel)
            .ConfigureAwait(false);
        if (again.Hash != head.Hash)
        {
            throw new ChainException(
                ChainFault.Unavailable, "the chain reorganised while it was read; again");
        }

        MirrorStep step = await StoreAsync(changed, final).ConfigureAwait(false);
        _unsettled.Clear();
        _unsettled.UnionWith(recent);
        _headHash = head.Hash;
        Head = head;
        return step;
    }

    private async Task<BlockHeader> FinalAsync(BlockHeader head, CancellationToken cancel)
    {
        if (_options.Confirmations == 0)
        {
            BlockHeader final = await BlockAsync(BlockTag.Finalized, cancel).ConfigureAwait(false);
            return final.Number <= head.Number ? final : head;
        }

        ulong depth = _options.Confirmations - 1;
        ulong number = head.Number >= depth ? head.Number - depth : 0;
        return await BlockAsync(BlockTag.Number(number), cancel).ConfigureAwait(false);
    }

    /// <summary>A final block never changes. If it did, this is another chain, or finality
    /// broke: everything is read anew from the start.</summary>
    private async Task CheckCursorAsync(BlockHeader final, CancellationToken cancel)
    {
        if (_finalHash.IsZero || _nextFinal == 0)
        {
            return;
        }

        if (final.Number < _nextFinal - 1)
        {
            throw new ChainException(
                ChainFault.Unavailable,
                $"the endpoint's final block {final.Number} is behind {_nextFinal - 1}; waiting");
        }

        BlockHeader known = await BlockAsync(BlockTag.Number(_nextFinal - 1), cancel)
            .ConfigureAwait(false);
        if (known.Hash != _finalHash)
        {
            _nextFinal = _options.StartBlock;
            _finalHash = default;
            _unsettled.UnionWith(_rows.Keys);
        }
    }

    /// <summary>Which channels the logs of a range speak of.</summary>
    private async Task CollectAsync(
        ulong from,
        ulong to,
        Dictionary<Bytes32, ChannelTerms> opened,
        HashSet<Bytes32> touched,
        CancellationToken cancel)
    {
        ulong span = Math.Max(1, _options.LogBlocksMax);
        for (ulong start = from; start <= to;)
        {
            ulong end = Math.Min(to, start + span - 1);
            try
            {
                await CollectPartAsync(start, end, opened, touched, cancel).ConfigureAwait(false);
                start = end + 1;
            }
            catch (ChainException e) when (span > 1 && e.Fault
                is ChainFault.TooLarge or ChainFault.Rejected or ChainFault.RateLimited)
            {
                // "Too many results" has as many wordings as there are providers.
                span /= 2;
            }
        }
    }

    private async Task CollectPartAsync(
        ulong from,
        ulong to,
        Dictionary<Bytes32, ChannelTerms> opened,
        HashSet<Bytes32> touched,
        CancellationToken cancel)
    {
        Bytes32 node = NodeTopic();
        LogEntry[] openings = await LogsAsync(
            from, to, [[ChannelOpenedEvent.Topic], [], [], [node]], cancel).ConfigureAwait(false);
        foreach (LogEntry log in openings)
        {
            if (ChannelOpenedEvent.TryRead(log, out ChannelOpenedEvent channel)
                && channel.Terms.Node == _node)
            {
                opened[channel.Channel] = channel.Terms;
                touched.Add(channel.Channel);
            }
        }

        Bytes32[] kinds =
        [
            VouchersAbi.ToppedUp.Topic,
            VouchersAbi.ThawStarted.Topic,
            VouchersAbi.Withdrawn.Topic,
            VouchersAbi.ChannelClosed.Topic,
        ];
        LogEntry[] changes = await LogsAsync(from, to, [kinds, [], [node]], cancel)
            .ConfigureAwait(false);
        foreach (LogEntry log in changes)
        {
            if (log.Topics.Length > 1)
            {
                touched.Add(log.Topics[1]);
            }
        }

        await CollectRedeemedAsync(from, to, opened, touched, cancel).ConfigureAwait(false);
    }

    /// <summary>BatchRedeemed does not name its channels; the transaction's rows do. Where it was
    /// sent through another contract, every channel of the class is looked at.</summary>
    private async Task CollectRedeemedAsync(
        ulong from,
        ulong to,
        Dictionary<Bytes32, ChannelTerms> opened,
        HashSet<Bytes32> touched,
        CancellationToken cancel)
    {
        HashSet<Bytes32> classes = [];
        foreach (ChannelRow row in _rows.Values)
        {
            classes.Add(row.Terms.ClassId);
        }

        foreach (ChannelTerms terms in opened.Values)
        {
            classes.Add(terms.ClassId);
        }

        if (classes.Count == 0)
        {
            return;
        }

        Bytes32[][] topics = [[BatchRedeemedEvent.Topic], [], [.. classes]];
        foreach (LogEntry log in await LogsAsync(from, to, topics, cancel).ConfigureAwait(false))
        {
            TransactionInfo? sent = await _rpc.TransactionAsync(log.TransactionHash, cancel)
                .ConfigureAwait(false);
            bool isPlain = sent?.To == _vouchers.Address;
            if (isPlain && VouchersContract.TryReadRedeemBatch(
                sent!.Input, out Bytes32 classId, out Address node, out RedeemRow[] rows))
            {
                foreach (RedeemRow row in rows)
                {
                    touched.Add(row.TermsOf(node, classId).HashStruct());
                }
            }
            else if (log.Topics.Length > 2)
            {
                AddClass(log.Topics[2], opened, touched);
            }
        }
    }

    private void AddClass(
        Bytes32 classId, Dictionary<Bytes32, ChannelTerms> opened, HashSet<Bytes32> touched)
    {
        foreach ((Bytes32 id, ChannelRow row) in _rows)
        {
            if (row.Terms.ClassId == classId)
            {
                touched.Add(id);
            }
        }

        foreach ((Bytes32 id, ChannelTerms terms) in opened)
        {
            if (terms.ClassId == classId)
            {
                touched.Add(id);
            }
        }
    }

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

    private async Task<LogEntry[]> LogsAsync(
        ulong from, ulong to, Bytes32[][] topics, CancellationToken cancel)
    {
        LogEntry[] logs = await _rpc
            .LogsAsync(new LogFilter(_vouchers.Address, from, to, topics), cancel)
            .ConfigureAwait(false);
        List<LogEntry> own = [];
        foreach (LogEntry log in logs)
        {
            // A filter is a request, not a proof.
            bool isAsked = log.Contract == _vouchers.Address && !log.IsRemoved
                && log.BlockNumber >= from && log.BlockNumber <= to
                && log.Topics.Length > 0 && Array.IndexOf(topics[0], log.Topics[0]) >= 0;
            if (isAsked)
            {
                own.Add(log);
            }
        }

        return [.. own];
    }

    private async Task<BlockHeader> BlockAsync(BlockTag block, CancellationToken cancel) =>
        await _rpc.BlockAsync(block, cancel).ConfigureAwait(false)
        ?? throw new ChainException(ChainFault.Unavailable, $"the endpoint has no block {block}");

    private Bytes32 NodeTopic()
    {
        Bytes32 topic = default;
        _node.CopyTo(((Span<byte>)topic)[12..]);
        return topic;
    }
}

/// <summary>What one step of the mirror found.</summary>
/// <param name="Changed">Rows that changed.</param>
/// <param name="Thawing">Of those, the ones whose thaw was not known before.</param>
public sealed record MirrorStep(
    IReadOnlyList<ChannelRow> Changed, IReadOnlyList<ChannelRow> Thawing);
