using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain;

/// <summary>Which channels the logs name: new ones, and known ones that changed.</summary>
/// <remarks>Logs cost whoever writes them less than a call costs us, so a log alone causes none:
/// openings of other classes and of dust are dropped as they are, and so is a redemption that moved
/// nothing.</remarks>
public sealed partial class ChannelMirror
{
    // Ranges, and new channels, of one step: it ends after some seconds even where the chain or
    // the endpoint is endless, so that redemption has its turn.
    private const int RangesPerStep = 64;
    private const int FoundPerStep = 2_000;

    // Transactions of one range that are asked for because they redeemed; the slow round sees the
    // effect of the rest.
    private const int RedemptionsPerRange = 64;

    private readonly Dictionary<Bytes32, ChannelTerms> _found = [];
    private readonly HashSet<Bytes32> _touched = [];
    private readonly Dictionary<(Bytes32 Block, uint Index), ulong> _seen = [];
    private Address _provider;
    private int _living;
    private int _foundLeft;
    private string? _unread;
    private string? _ignored;

    /// <summary>Searches from the cursor to the head. False where a bound of the step ended it
    /// before.</summary>
    private async Task<bool> SearchAsync(
        BlockHeader head, ulong final, ulong to, CancellationToken cancel)
    {
        _foundLeft = FoundPerStep;
        ulong from = Math.Max(
            _options.StartBlock, _nextFinal - Math.Min(_nextFinal, _options.RescanBlocks));
        for (int ranges = 0; from <= to; ranges++)
        {
            if (_found.Count == 0)
            {
                _progress = string.Create(
                    CultureInfo.InvariantCulture, $"mirroring block {from:N0} of {to:N0}");
            }

            if (ranges == RangesPerStep)
            {
                return false;
            }

            ulong end = _range.End(from, to);
            if (!await TryCollectAsync(from, end, final, cancel).ConfigureAwait(false))
            {
                continue;
            }

            from = end + 1;
            await DrainAsync(head, final, cancel).ConfigureAwait(false);
            ulong searched = Math.Min(end, final);
            if (_found.Count == 0 && searched >= _nextFinal)
            {
                await MoveCursorAsync(searched, default).ConfigureAwait(false);
            }
        }

        await DrainAsync(head, final, cancel).ConfigureAwait(false);
        return _found.Count == 0;
    }

    /// <summary>Of the channels that the logs named so far.</summary>
    private void NoteProgress()
    {
        if (_found.Count > 0)
        {
            _progress = string.Create(
                CultureInfo.InvariantCulture,
                $"mirroring {_rows.Count:N0} of {_rows.Count + _found.Count:N0}");
        }
    }

    /// <summary>False where the range was refused and a smaller one is to be tried.</summary>
    private async Task<bool> TryCollectAsync(
        ulong from, ulong to, ulong final, CancellationToken cancel)
    {
        try
        {
            await CollectAsync(from, to, final, cancel).ConfigureAwait(false);
            _range.Answered();
            return true;
        }
        catch (ChainException e) when (e.Fault is ChainFault.TooLarge or ChainFault.Rejected)
        {
            if (_range.TryShrink())
            {
                return false;
            }

            if (e.Fault == ChainFault.Rejected)
            {
                throw;
            }

            // Known channels are read anew in their turn, new ones of this block are lost to us.
            _ignored = $"block {from} has more logs than are read; new channels in it are ignored";
            return true;
        }
        catch (ChainException e) when (e.Fault == ChainFault.RateLimited)
        {
            // Not before the next step.
            _range.Limited();
            throw;
        }
    }

    /// <summary>Known channels first, whatever the number of new ones.</summary>
    private async Task DrainAsync(BlockHeader head, ulong final, CancellationToken cancel)
    {
        await ReadAsync([.. _touched], head, final, cancel).ConfigureAwait(false);
        List<Bytes32> next = [];
        foreach (Bytes32 id in _found.Keys)
        {
            if (next.Count < _foundLeft)
            {
                next.Add(id);
            }
        }

        _foundLeft -= next.Count;
        NoteProgress();
        await ReadAsync(next, head, final, cancel).ConfigureAwait(false);
    }

    private async Task CollectAsync(
        ulong from, ulong to, ulong final, CancellationToken cancel)
    {
        Bytes32 node = NodeTopic();
        LogEntry[] openings = await LogsAsync(
            from, to, [[ChannelOpenedEvent.Topic], [], [], [node]], cancel).ConfigureAwait(false);
        foreach (LogEntry log in openings)
        {
            NoteOpening(log, final);
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
                Note(log, log.Topics[1], LockedBy(log), final);
            }
        }

        await CollectRedeemedAsync(from, to, final, cancel).ConfigureAwait(false);
    }

    private void NoteOpening(LogEntry log, ulong final)
    {
        if (!ChannelOpenedEvent.TryRead(log, out ChannelOpenedEvent opened)
            || opened.Terms.Node != _node)
        {
            return;
        }

        if (!IsKnown(opened.Channel))
        {
            bool isWanted = opened.Units >= _options.UnitsMin
                && (_options.Classes is null || Contains(_options.Classes, opened.Terms.ClassId));
            if (!isWanted)
            {
                return;
            }

            if (_living + _found.Count >= _options.ChannelsMax)
            {
                _ignored ??= $"{_options.ChannelsMax} channels are followed, the most that is "
                    + $"configured; new ones are ignored, as {opened.Channel}";
                return;
            }

            _found.Add(opened.Channel, opened.Terms);
        }

        Note(log, opened.Channel, opened.Units, final);
    }

    /// <param name="locked">Units that the channel holds since this log; 0 where it does not add
    /// any.</param>
    private void Note(LogEntry log, Bytes32 id, UInt128 locked, ulong final)
    {
        if (!IsKnown(id))
        {
            return;
        }

        bool isFinal = log.BlockNumber <= final;
        bool isNews = _seen.TryAdd((log.BlockHash, log.LogIndex), log.BlockNumber);
        UInt128 granted = _rows.TryGetValue(id, out ChannelRow? row)
            && row.Status != ChannelStatus.Pending ? row.Locked : 0;
        bool isMore = isFinal && locked > UInt128.Max(granted, _promised.GetValueOrDefault(id));
        if (isMore && row?.Status != ChannelStatus.Closed)
        {
            _promised[id] = locked;
        }

        if (!isFinal)
        {
            _unsettled[id] = Math.Max(_unsettled.GetValueOrDefault(id), log.BlockNumber);
        }

        // A new process has seen no log: what the row says already is no news to it either.
        bool isSaid = isFinal && locked > 0 && locked <= granted;
        if (row is not null && ((isNews && !isSaid) || isMore))
        {
            _touched.Add(id);
        }
    }

    private static UInt128 LockedBy(LogEntry log)
    {
        if (log.Topics[0] != VouchersAbi.ToppedUp.Topic || log.Data.Length != 64)
        {
            return 0;
        }

        try
        {
            AbiReader data = new(log.Data);
            data.ReadUInt128();
            return data.ReadUInt128();
        }
        catch (FormatException)
        {
            return 0;
        }
    }

    /// <summary>BatchRedeemed does not name its channels. The transaction's rows do; where it was
    /// sent through another contract, the records of a class with a court do, and of another class
    /// the slow round sees what it did.</summary>
    private async Task CollectRedeemedAsync(
        ulong from, ulong to, ulong final, CancellationToken cancel)
    {
        HashSet<Bytes32> classes = [];
        foreach (ChannelRow row in _rows.Values)
        {
            classes.Add(row.Terms.ClassId);
        }

        if (classes.Count == 0)
        {
            return;
        }

        Bytes32[] provider = await ProviderAsync(cancel).ConfigureAwait(false);
        Bytes32[][] topics = [[BatchRedeemedEvent.Topic], provider, [.. classes]];
        int asked = 0;
        foreach (LogEntry log in await LogsAsync(from, to, topics, cancel).ConfigureAwait(false))
        {
            bool isMoved = BatchRedeemedEvent.TryRead(log, out BatchRedeemedEvent redeemed)
                && redeemed.Bitmap != UInt256.Zero && classes.Contains(redeemed.ClassId);
            if (!isMoved || _seen.ContainsKey((log.BlockHash, log.LogIndex))
                || ++asked > RedemptionsPerRange)
            {
                continue;
            }

            TransactionInfo? sent = await _rpc.TransactionAsync(log.TransactionHash, cancel)
                .ConfigureAwait(false);
            if (sent?.To == _vouchers.Address && VouchersContract.TryReadRedeemBatch(
                sent.Input, out Bytes32 classId, out Address node, out RedeemRow[] rows))
            {
                foreach (RedeemRow row in rows)
                {
                    NoteRedeemed(log, row.TermsOf(node, classId).HashStruct(), final);
                }
            }
            else if (!redeemed.BatchId.IsZero)
            {
                await CollectRecordsAsync(log, redeemed.BatchId, final, cancel)
                    .ConfigureAwait(false);
            }

            if (sent is not null)
            {
                _seen.TryAdd((log.BlockHash, log.LogIndex), log.BlockNumber);
            }
        }
    }

    /// <summary>The channels of a batch in escrow, by the event of the same block.</summary>
    private async Task CollectRecordsAsync(
        LogEntry redemption, UInt256 batchId, ulong final, CancellationToken cancel)
    {
        Bytes32[][] topics =
            [[BatchEscrowedEvent.Topic], [new(new AbiWriter().Write(batchId).ToArray())]];
        foreach (LogEntry log in await LogsAsync(
            redemption.BlockNumber, redemption.BlockNumber, topics, cancel).ConfigureAwait(false))
        {
            if (log.TransactionHash == redemption.TransactionHash
                && BatchEscrowedEvent.TryRead(log, out BatchEscrowedEvent batch)
                && batch.BatchId == batchId)
            {
                foreach (BatchRecord row in batch.Rows())
                {
                    NoteRedeemed(redemption, row.Channel, final);
                }
            }
        }
    }

    private void NoteRedeemed(LogEntry log, Bytes32 id, ulong final)
    {
        if (!_rows.ContainsKey(id))
        {
            return;
        }

        _touched.Add(id);
        if (log.BlockNumber > final)
        {
            _unsettled[id] = Math.Max(_unsettled.GetValueOrDefault(id), log.BlockNumber);
        }
    }

    /// <summary>This node's provider as a topic; none where it is not known yet.</summary>
    private async Task<Bytes32[]> ProviderAsync(CancellationToken cancel)
    {
        if (_provider.IsZero && _options.Providers is Address providers)
        {
            _provider = await new ProvidersContract(_rpc, providers)
                .ProviderOfAsync(_node, BlockTag.Latest, cancel).ConfigureAwait(false);
        }

        return _provider.IsZero ? [] : [TopicOf(_provider)];
    }

    /// <summary>Logs below the window that is searched again never come back.</summary>
    private void Forget(ulong final)
    {
        ulong window = final - Math.Min(final, _options.RescanBlocks);
        List<(Bytes32 Block, uint Index)> old = [];
        foreach (((Bytes32 Block, uint Index) key, ulong number) in _seen)
        {
            if (number < window)
            {
                old.Add(key);
            }
        }

        old.ForEach(key => _seen.Remove(key));
    }

    private bool IsKnown(Bytes32 id) => _rows.ContainsKey(id) || _found.ContainsKey(id);

    private static bool Contains(IReadOnlyCollection<Bytes32> classes, Bytes32 id)
    {
        foreach (Bytes32 known in classes)
        {
            if (known == id)
            {
                return true;
            }
        }

        return false;
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

    private Bytes32 NodeTopic() => TopicOf(_node);

    private static Bytes32 TopicOf(in Address address)
    {
        Bytes32 topic = default;
        address.CopyTo(((Span<byte>)topic)[12..]);
        return topic;
    }
}
