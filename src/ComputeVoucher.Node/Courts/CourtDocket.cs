using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Node;

/// <summary>
/// What is open before one court against this node, and who may act for its channels, from the
/// court's events. Of a case only its name is kept: what it is about and how it stands is read from
/// the chain, so that nothing is lost with the process.
/// </summary>
internal sealed class CourtDocket
{
    /// <summary>Newest blocks that are read again at every look: what a reorganisation may have
    /// put into them meanwhile (two epochs).</summary>
    public const ulong ReorgBlocks = 64;

    /// <summary>Watchers that are kept for all channels; a setting of 64 KiB holds 1,260. A holder
    /// beyond them still finds his watcher heard on the chain.</summary>
    private const int WatchersMax = 1_000;

    /// <summary>Blocks that a restart may have to read again: no write at every block.</summary>
    private const ulong SaveBlocks = 256;

    private const int WatcherBytes = Bytes32.Size + Address.Size;

    private readonly CourtParties _court;
    private readonly LedgerStore _ledger;
    private readonly Address _node;
    private readonly Lock _gate = new();
    private readonly HashSet<(Bytes32 Channel, Address Watcher)> _watchers = [];
    private ulong _from;
    private ulong _saved;

    /// <param name="court">Whose events.</param>
    /// <param name="ledger">Knows the channels, and keeps the place.</param>
    /// <param name="node">Whose cases.</param>
    /// <param name="startBlock">No event is older.</param>
    public CourtDocket(
        CourtParties court, LedgerStore ledger, Address node, ulong startBlock)
    {
        (_court, _ledger, _node) = (court, ledger, node);
        byte[]? kept = ledger.Setting(CursorName);
        _saved = kept is { Length: sizeof(ulong) }
            ? BinaryPrimitives.ReadUInt64BigEndian(kept)
            : startBlock;
        _from = _saved;
        byte[] watchers = ledger.Setting(WatchersName) ?? [];
        for (int at = 0; at + WatcherBytes <= watchers.Length; at += WatcherBytes)
        {
            (Bytes32 Channel, Address Watcher) one = (
                new Bytes32(watchers.AsSpan(at, Bytes32.Size)),
                new Address(watchers.AsSpan(at + Bytes32.Size, Address.Size)));
            _watchers.Add(one);
            if (one.Watcher == CourtContract.Everybody)
            {
                ledger.OpenToStrangers(one.Channel, isOpen: true);
            }
        }
    }

    /// <summary>By id; also those that ended a moment ago.</summary>
    public Dictionary<ulong, DisputeCase> Disputes { get; } = [];

    /// <inheritdoc cref="Disputes"/>
    public Dictionary<(Bytes32 Channel, ulong Seq), DemandCase> Demands { get; } = [];

    private string CursorName => $"court.{_court.Address}";

    private string WatchersName => $"court.w.{_court.Address}";

    /// <summary>Whether its holder has appointed that watcher for a channel; any thread.</summary>
    public bool IsWatcher(in Bytes32 channel, in Address watcher)
    {
        lock (_gate)
        {
            return _watchers.Contains((channel, watcher));
        }
    }

    /// <summary>The same for any channel at all.</summary>
    public bool IsWatcher(in Address watcher)
    {
        lock (_gate)
        {
            foreach ((_, Address one) in _watchers)
            {
                if (one == watcher)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Reads what is new since the last look.</summary>
    /// <exception cref="ChainException">No endpoint answers.</exception>
    public async Task FollowAsync(ulong head, CancellationToken cancel)
    {
        if (_from > head)
        {
            return;
        }

        foreach (LogEntry log in await _court.LogsAsync(_court.Disputes.Address, _from, head,
            [[DisputeEvent.OpenedTopic]], cancel).ConfigureAwait(false))
        {
            if (DisputeEvent.TryRead(log, out DisputeEvent opened)
                && opened.Matter.Node == _node)
            {
                // A reorganisation may give the id to another matter.
                bool isKnown = Disputes.TryGetValue(opened.Id, out DisputeCase? known)
                    && known.Matter == opened.Matter && known.Block == log.BlockNumber;
                if (!isKnown)
                {
                    Disputes[opened.Id] = new DisputeCase
                    {
                        Id = opened.Id,
                        Matter = opened.Matter,
                        Block = log.BlockNumber,
                    };
                }
            }
        }

        await FollowChannelsAsync(head, cancel).ConfigureAwait(false);
        _from = head + 1 - Math.Min(head + 1, ReorgBlocks);
    }

    /// <summary>Where the next process begins: no later than what is still open.</summary>
    public void Save()
    {
        ulong first = _from;
        foreach (DisputeCase one in Disputes.Values)
        {
            first = Math.Min(first, one.Block);
        }

        foreach (DemandCase one in Demands.Values)
        {
            first = Math.Min(first, one.Block);
        }

        if (first < _saved || first >= _saved + SaveBlocks)
        {
            byte[] bytes = new byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64BigEndian(bytes, first);
            _ledger.PutSetting(CursorName, bytes);
            _saved = first;
        }
    }

    private async Task FollowChannelsAsync(ulong head, CancellationToken cancel)
    {
        foreach (Address contract in (Address[])
            [_court.Claims.Address, _court.Court.Address])
        {
            foreach (LogEntry log in await _court.LogsAsync(contract, _from, head, [], cancel)
                .ConfigureAwait(false))
            {
                if (CaseEvent.TryRead(log, out CaseEvent read)
                    && _ledger.Channel(read.Channel) is not null)
                {
                    Note(read);
                }
            }
        }
    }

    private void Note(CaseEvent read)
    {
        if (read.Kind == CaseEventKind.Asked)
        {
            Demands.TryAdd((read.Channel, read.Seq), new DemandCase
            {
                Channel = read.Channel,
                Seq = read.Seq,
                Block = read.Log.BlockNumber,
            });
        }
        else if (read.Kind == CaseEventKind.Appointed)
        {
            Appoint((read.Channel, read.Who), read.IsOn);
        }
    }

    private void Appoint((Bytes32 Channel, Address Watcher) one, bool isOn)
    {
        if (one.Watcher == CourtContract.Everybody)
        {
            // Its orders have a second line of openings now, and the node that much less room.
            _ledger.OpenToStrangers(one.Channel, isOn);
        }

        byte[] bytes;
        lock (_gate)
        {
            bool changed = isOn
                ? _watchers.Count < WatchersMax && _watchers.Add(one)
                : _watchers.Remove(one);
            if (!changed)
            {
                return;
            }

            bytes = new byte[_watchers.Count * WatcherBytes];
            Span<byte> rest = bytes;
            foreach ((Bytes32 channel, Address watcher) in _watchers)
            {
                channel.CopyTo(rest);
                watcher.Span.CopyTo(rest[Bytes32.Size..]);
                rest = rest[WatcherBytes..];
            }
        }

        _ledger.PutSetting(WatchersName, bytes);
    }
}
