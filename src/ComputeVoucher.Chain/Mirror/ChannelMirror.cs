using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>This node's channels as the chain has them.</summary>
/// <remarks>
/// <para>Events only say which channels to look at, and which units final blocks locked; amounts
/// come from channel() and aux() at the head of every endpoint. What gives the node more (openings,
/// top-ups) counts when its event is final and two endpoints agree, what takes from it when any of
/// them shows it.</para>
/// <para>Known channels come first: each is read again now and then whatever the logs say, and
/// whatever the search for new ones meets. What a slice of blocks or of channels yielded is stored
/// before the next is asked for.</para>
/// </remarks>
public sealed partial class ChannelMirror
{
    private readonly JsonRpcClient _rpc;
    private readonly VouchersContract _vouchers;
    private readonly IMirrorStore _store;
    private readonly Address _node;
    private readonly MirrorOptions _options;
    private readonly ChannelReader _reader;
    private readonly LogRange _range;
    private readonly Bytes32 _filter;
    private readonly Dictionary<Bytes32, ChannelRow> _rows = [];
    private ulong _nextFinal;
    private Bytes32 _finalHash;
    private Bytes32 _headHash;
    private List<ChannelRow> _changed = [];
    private List<ChannelRow> _thawing = [];
    private volatile string? _progress = "mirroring";

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
        _reader = new ChannelReader(rpc, vouchers.Address);
        _range = new LogRange(options.LogBlocksMax);
        _filter = options.Filter();
        foreach (ChannelRow row in store.Channels())
        {
            Restore(row);
        }

        MirrorCursor cursor = MirrorCursor.Read(store.Cursor());
        bool isOurs = cursor.Filter == _filter;
        _nextFinal = isOurs ? cursor.Number + 1 : options.StartBlock;
        _finalHash = isOurs ? cursor.Hash : default;
    }

    /// <summary>One line on what went wrong in the last step; null where nothing did.</summary>
    public string? Problem { get; private set; }

    /// <summary>One line on what is left out on purpose; null where nothing is.</summary>
    public string? Notice => _unread ?? _ignored;

    /// <summary>How far a mirror is that is not whole yet, as "mirroring 812 of 10,001" channels;
    /// null where it is whole. It moves during a step, and any thread may read it.</summary>
    public string? Progress => _progress;

    /// <summary>The head of the last whole step; null before it.</summary>
    public BlockHeader? Head { get; private set; }

    /// <summary>Channels followed.</summary>
    public int Count => _rows.Count;

    /// <summary>Follows the chain towards its head, for a bounded number of requests. Never throws
    /// a <see cref="ChainException"/>: it becomes <see cref="Problem"/>, and the next step goes on
    /// behind what was stored. An exception of the store passes through.</summary>
    public async Task<MirrorStep> StepAsync(CancellationToken cancel)
    {
        (_changed, _thawing) = ([], []);
        bool isWhole = false;
        try
        {
            (Problem, _unread) = (null, null);
            isWhole = await FollowAsync(cancel).ConfigureAwait(false);
        }
        catch (ChainException e)
        {
            Problem = e.Message;
        }

        return new MirrorStep(_changed, _thawing, isWhole);
    }

    private async Task<bool> FollowAsync(CancellationToken cancel)
    {
        BlockHeader head = await BlockAsync(BlockTag.Latest, cancel).ConfigureAwait(false);
        await RereadAsync(head, cancel).ConfigureAwait(false);
        ulong roof = await RoofAsync(head, cancel).ConfigureAwait(false);
        BlockHeader final = await FinalAsync(head, cancel).ConfigureAwait(false);
        await CheckCursorAsync(final, cancel).ConfigureAwait(false);
        ulong finalNumber = Math.Min(final.Number, roof);
        bool isSearched = head.Hash == _headHash && finalNumber + 1 == _nextFinal
            && _touched.Count + _found.Count == 0;
        bool isWhole = isSearched
            || await SearchAsync(head, finalNumber, Math.Min(head.Number, roof), cancel)
                .ConfigureAwait(false);
        _progress = isWhole ? null : _progress;
        if (isWhole && !isSearched)
        {
            await EndSearchAsync(head, final, finalNumber).ConfigureAwait(false);
        }

        CheckAge(head);
        return isWhole;
    }

    private async Task EndSearchAsync(BlockHeader head, BlockHeader final, ulong finalNumber)
    {
        if (finalNumber + 1 != _nextFinal || _finalHash.IsZero)
        {
            Bytes32 hash = finalNumber == final.Number ? final.Hash : default;
            await MoveCursorAsync(finalNumber, hash).ConfigureAwait(false);
        }

        _headHash = head.Hash;
        Head = head;
        Forget(finalNumber);
    }

    private async Task MoveCursorAsync(ulong number, Bytes32 hash)
    {
        await _store.PutCursorAsync(new MirrorCursor(number, hash, _filter).ToBytes())
            .ConfigureAwait(false);
        _nextFinal = number + 1;
        _finalHash = hash;
    }

    /// <summary>How far heads are believed: not more than so many blocks above what any other
    /// endpoint has.</summary>
    private async Task<ulong> RoofAsync(BlockHeader head, CancellationToken cancel)
    {
        ulong roof = head.Number;
        List<RpcEndpoint> endpoints = _rpc.ToRead();
        foreach (RpcEndpoint endpoint in endpoints)
        {
            if (endpoints.Count < 2 || endpoint.IsResting)
            {
                continue;
            }

            try
            {
                BlockHeader? other = await JsonRpcClient
                    .BlockAsync(endpoint, BlockTag.Latest, cancel).ConfigureAwait(false);
                ulong number = other?.Number ?? 0;
                roof = number < ulong.MaxValue - ChainLimits.HeadLeadBlocksMax
                    ? Math.Min(roof, number + ChainLimits.HeadLeadBlocksMax)
                    : roof;
            }
            catch (ChainException)
            {
                // Away: the others are enough.
            }
        }

        return roof;
    }

    private async Task<BlockHeader> FinalAsync(BlockHeader head, CancellationToken cancel)
    {
        if (_options.Confirmations == 0)
        {
            BlockHeader final = await FinalizedAsync(cancel).ConfigureAwait(false);
            return final.Number <= head.Number ? final : head;
        }

        ulong depth = _options.Confirmations - 1;
        ulong number = head.Number >= depth ? head.Number - depth : 0;
        return await BlockAsync(BlockTag.Number(number), cancel).ConfigureAwait(false);
    }

    private async Task<BlockHeader> FinalizedAsync(CancellationToken cancel)
    {
        try
        {
            return await BlockAsync(BlockTag.Finalized, cancel).ConfigureAwait(false);
        }
        catch (ChainException e) when (e.Fault is ChainFault.Rejected or ChainFault.Unavailable)
        {
            throw new ChainException(
                e.Fault,
                e.Message + " (a chain without finality: set chain:confirmations)",
                e);
        }
    }

    /// <summary>A final block never changes. If it did, this is another chain, or finality
    /// broke: everything is searched and read anew.</summary>
    private async Task CheckCursorAsync(BlockHeader final, CancellationToken cancel)
    {
        // A backend that lags, or one that once told of blocks that nobody has: searching some
        // blocks twice does no harm.
        if (final.Number + 1 < _nextFinal)
        {
            _nextFinal = Math.Max(final.Number + 1, _options.StartBlock);
            _finalHash = default;
        }

        if (_finalHash.IsZero || _nextFinal == 0)
        {
            return;
        }

        BlockHeader known = await BlockAsync(BlockTag.Number(_nextFinal - 1), cancel)
            .ConfigureAwait(false);
        if (known.Hash != _finalHash)
        {
            _nextFinal = _options.StartBlock;
            _finalHash = default;
            _seen.Clear();
            Unsettle();
        }
    }

    /// <summary>An endpoint that answers is not one that knows: a head that does not move counts as
    /// an endpoint that is away.</summary>
    private void CheckAge(BlockHeader head)
    {
        if (_options.HeadAgeMax <= TimeSpan.Zero)
        {
            return;
        }

        long age = _rpc.Time.GetUtcNow().ToUnixTimeSeconds()
            - (long)Math.Min(head.Timestamp, long.MaxValue);
        if (age > (long)_options.HeadAgeMax.TotalSeconds)
        {
            throw new ChainException(
                ChainFault.Unavailable,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the newest block {head.Number} is {age} s old: the endpoint stands still, ")
                    + "or the clock is wrong");
        }
    }

    private async Task<BlockHeader> BlockAsync(BlockTag block, CancellationToken cancel) =>
        await _rpc.BlockAsync(block, cancel).ConfigureAwait(false)
        ?? throw new ChainException(ChainFault.Unavailable, $"the endpoint has no block {block}");
}

/// <summary>What one step of the mirror found.</summary>
/// <param name="Changed">Rows that changed.</param>
/// <param name="Thawing">Of those, the ones whose thaw was not known before.</param>
/// <param name="IsWhole">The head was reached; else the next step may follow at once.</param>
public sealed record MirrorStep(
    IReadOnlyList<ChannelRow> Changed, IReadOnlyList<ChannelRow> Thawing, bool IsWhole);

/// <summary>Which blocks were searched, for which channels.</summary>
/// <param name="Hash">Zero where it was not asked for.</param>
/// <param name="Filter">Of <see cref="MirrorOptions.Filter"/>.</param>
internal readonly record struct MirrorCursor(ulong Number, Bytes32 Hash, Bytes32 Filter)
{
    // Number u64 little endian, hash 32, filter 32.
    private const int Size = 8 + (2 * Bytes32.Size);

    /// <summary>The default for anything else, older cursors among them.</summary>
    public static MirrorCursor Read(byte[]? bytes) => bytes is { Length: Size }
        ? new MirrorCursor(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            new Bytes32(bytes.AsSpan(8, Bytes32.Size)),
            new Bytes32(bytes.AsSpan(8 + Bytes32.Size)))
        : default;

    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Size];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Number);
        Hash.CopyTo(bytes.AsSpan(8));
        Filter.CopyTo(bytes.AsSpan(8 + Bytes32.Size));
        return bytes;
    }
}
