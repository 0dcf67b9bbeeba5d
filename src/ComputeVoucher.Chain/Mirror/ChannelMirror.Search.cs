using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain;

/// <summary>Which channels the logs of a range of blocks name.</summary>
public sealed partial class ChannelMirror
{
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

    private Bytes32 NodeTopic()
    {
        Bytes32 topic = default;
        _node.CopyTo(((Span<byte>)topic)[12..]);
        return topic;
    }
}
