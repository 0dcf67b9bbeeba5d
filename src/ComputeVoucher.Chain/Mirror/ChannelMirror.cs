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
public sealed partial class ChannelMirror
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

    private async Task<BlockHeader> BlockAsync(BlockTag block, CancellationToken cancel) =>
        await _rpc.BlockAsync(block, cancel).ConfigureAwait(false)
        ?? throw new ChainException(ChainFault.Unavailable, $"the endpoint has no block {block}");
}

/// <summary>What one step of the mirror found.</summary>
/// <param name="Changed">Rows that changed.</param>
/// <param name="Thawing">Of those, the ones whose thaw was not known before.</param>
public sealed record MirrorStep(
    IReadOnlyList<ChannelRow> Changed, IReadOnlyList<ChannelRow> Thawing);

/// <summary>Which channels are followed, and from where.</summary>
public sealed record MirrorOptions
{
    /// <summary>The block of the contract's deployment, or any before this node's first
    /// channel.</summary>
    public ulong StartBlock { get; init; }

    /// <summary>0 waits for the "finalized" tag; N ≥ 1 for N blocks on top, itself included.
    /// </summary>
    public uint Confirmations { get; init; }

    /// <summary>Blocks of one eth_getLogs.</summary>
    public ulong LogBlocksMax { get; init; } = ChainLimits.LogBlocksMax;
}
