using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using ComputeVoucher.Primitives;
using ComputeVoucher.Storage;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Client;

/// <summary>
/// What a client must not forget of one channel: sequences used, orders without an answer (with
/// their input, so that they can be sent again), receipts not yet acknowledged, the newest ack. One
/// file holds the journals of any channels and nodes; each is open once, in one process. Thread
/// safe.
/// </summary>
/// <remarks>
/// Orders are in the file before they are sent and survive a crash of the process; acks are also
/// flushed to the disk, because they are money. After a power cut the node's State fills in the
/// rest.
/// </remarks>
public sealed class ClientJournal : IDisposable
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<ulong, Kept> _pending = [];
    private readonly SortedDictionary<ulong, Settled> _resolved = [];
    private readonly Bytes32 _channel;
    private readonly JournalFile _file;
    private readonly JournalLock _held;
    private ChannelRecord _row;
    private Ack _ack;

    private ClientJournal(in Bytes32 channel, JournalFile file, JournalLock held)
    {
        (_channel, _file, _held) = (channel, file, held);
        _ack = new Ack(channel, 0, 0);
    }

    /// <summary>First sequence that was never used.</summary>
    public ulong NextSeq
    {
        get
        {
            lock (_lock)
            {
                return _row.NextSeq;
            }
        }
    }

    /// <summary>The newest ack that was signed; its units are 0 when there was none.</summary>
    public Ack NewestAck
    {
        get
        {
            lock (_lock)
            {
                return _ack;
            }
        }
    }

    /// <summary>The newest ack as it travels, or null.</summary>
    public byte[]? NewestAckBytes
    {
        get
        {
            lock (_lock)
            {
                return _row.Ack;
            }
        }
    }

    /// <summary>Receipts that the newest ack does not cover.</summary>
    public int UnackedCount
    {
        get
        {
            lock (_lock)
            {
                return _resolved.Count;
            }
        }
    }

    /// <summary>The journal of a channel in a file, which is created or migrated if need be.
    /// </summary>
    /// <exception cref="ClientException">In use, not a journal, damaged, or not writable.
    /// </exception>
    public static ClientJournal Open(string path, in ChannelTerms terms)
    {
        Bytes32 channel = terms.HashStruct();
        try
        {
            // Its locks and its log stand beside the file itself, whatever link names it.
            FileInfo named = new(path);
            string real = named.LinkTarget is null
                ? path : named.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
            return Posix.Status(real) is null or { IsRegular: true }
                ? OpenLocked(real, channel, terms.Node)
                : throw new ClientException($"{path}: not a file (choose another)");
        }
        catch (Exception failure) when (failure is IOException
            or UnauthorizedAccessException or ArgumentException)
        {
            throw new ClientException(
                $"{path}: cannot open the client's state: {failure.Message}", failure);
        }
    }

    /// <summary>Orders that were sent, perhaps, and have no answer yet.</summary>
    public List<PendingOrder> Pending()
    {
        lock (_lock)
        {
            List<PendingOrder> orders = [];
            foreach (Kept kept in _pending.Values)
            {
                orders.Add(kept.Order);
            }

            return orders;
        }
    }

    /// <summary>The order of this sequence is here and has no answer.</summary>
    public bool IsPending(ulong seq)
    {
        lock (_lock)
        {
            return _pending.ContainsKey(seq);
        }
    }

    /// <summary>Whether the sequence is acknowledged, settled or waiting for its answer.</summary>
    public bool IsKnown(ulong seq)
    {
        lock (_lock)
        {
            return seq < _ack.NextSeq
                || _pending.ContainsKey(seq) || _resolved.ContainsKey(seq);
        }
    }

    /// <summary>Uses up a sequence: the order is in the file before this returns.</summary>
    public PendingOrder Add(Func<ulong, PendingOrder> sign)
    {
        lock (_lock)
        {
            ulong seq = _row.NextSeq;
            PendingOrder order = sign(seq);
            UInt128 digest = JournalDigest.OfOrder(
                _channel, seq, order.Signed.Span, order.Input.Span);
            ChannelRecord row = _row with { NextSeq = seq + 1, Sum = _row.Sum + digest };
            _file.Write(durable: false, () =>
            {
                _file.AddOrder(_channel, seq, order);
                _file.PutChannel(_channel, row);
            });
            _row = row;
            _pending[seq] = new Kept(order, digest);
            return order;
        }
    }

    /// <summary>The order has its receipt, checked.</summary>
    public void Resolve(in Order order, in Receipt receipt, in Signature signature)
    {
        byte[] signed = SignedPayload.Encode(receipt, signature);
        lock (_lock)
        {
            Settle([order.Seq], receipt.Units, signed, _row.NextSeq);
        }
    }

    /// <summary>The node refused the order for good: nothing is owed for its sequence.</summary>
    public void Refuse(ulong seq)
    {
        lock (_lock)
        {
            Settle([seq], 0, null, _row.NextSeq);
        }
    }

    /// <summary>An ack for all sequences that are settled without a gap; false when none is new.
    /// </summary>
    public bool TryNextAck(out Ack ack)
    {
        lock (_lock)
        {
            UInt128 units = _ack.CumUnits;
            ulong next = _ack.NextSeq;
            while (_resolved.TryGetValue(next, out Settled? more))
            {
                units += more.Units;
                next++;
            }

            ack = new Ack(_channel, units, next);
            return next > _ack.NextSeq;
        }
    }

    /// <summary>The ack is on the disk before this returns, so it may be sent.</summary>
    public void RecordAck(in Ack ack, byte[] signed)
    {
        lock (_lock)
        {
            Take(ack, signed, _row.NextSeq);
        }
    }

    /// <summary>What the node knows and this file does not (a lost or restored file).</summary>
    public void Adopt(in Ack nodeAck, byte[] signed, ulong nextSeq)
    {
        lock (_lock)
        {
            if (nodeAck.NextSeq > _ack.NextSeq && nodeAck.CumUnits >= _ack.CumUnits)
            {
                Take(nodeAck, signed, nextSeq);
            }
            else if (nextSeq > _row.NextSeq)
            {
                Settle([], 0, null, nextSeq);
            }
        }
    }

    /// <summary>
    /// An order that only the node remembers: signed by our key, with its receipt.
    /// </summary>
    public void AdoptReceipt(in Order order, in Receipt receipt, in Signature signature)
    {
        byte[] signed = SignedPayload.Encode(receipt, signature);
        lock (_lock)
        {
            if (order.Seq >= _ack.NextSeq && !_resolved.ContainsKey(order.Seq))
            {
                Settle([order.Seq], receipt.Units, signed, order.Seq + 1);
            }
        }
    }

    /// <summary>Sequences without an order (lost before they were sent) owe nothing.</summary>
    public void FillGaps()
    {
        lock (_lock)
        {
            List<ulong> gaps = [];
            for (ulong seq = _ack.NextSeq; seq < _row.NextSeq; seq++)
            {
                if (!_pending.ContainsKey(seq) && !_resolved.ContainsKey(seq))
                {
                    gaps.Add(seq);
                }
            }

            if (gaps.Count > 0)
            {
                Settle(gaps, 0, null, _row.NextSeq);
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _file.Dispose();
            _held.Dispose();
        }
    }

    private static ClientJournal OpenLocked(string path, in Bytes32 channel, in Address node)
    {
        JournalLock held = JournalLock.TryChannel(path, channel)
            ?? throw new ClientException($"{path}: another client uses channel {channel} of this "
                + "file (one request at a time may use it)");
        JournalFile? file = null;
        try
        {
            using (JournalLock.Setup(path))
            {
                file = OpenFile(path, channel, node);
            }

            ClientJournal journal = new(channel, file, held);
            journal.Load(node);
            return journal;
        }
        catch (Exception failure)
        {
            ClientException? refused = failure switch
            {
                StorageException storage => file!.Refuse(storage),
                FormatException or ArgumentException => file!.Damaged(failure.Message),
                _ => null,
            };
            file?.Dispose();
            held.Dispose();
            throw refused ?? failure;
        }
    }

    private static JournalFile OpenFile(string path, in Bytes32 channel, in Address node)
    {
        if (Posix.CreatePrivate(path))
        {
            JournalMigration.SyncFolder(path);
        }

        // Asked before SQLite opens it, which would put a log that stands there over an old file.
        if (!JournalFile.IsDatabase(path))
        {
            JournalMigration.Run(path, channel, node);
        }

        return JournalFile.Open(path);
    }

    private void Load(in Address node)
    {
        UInt128 sum = 0;
        _row = _file.Channel(_channel) ?? new ChannelRecord(node, 0, null, 0);
        if (_row.Ack is { } signed)
        {
            _ = SignedPayload.Decode(signed, out _ack, out _);
        }

        _file.ReadOrders(_channel, (seq, body) =>
        {
            PendingOrder order = PendingOrder.Decode(body);
            UInt128 digest = JournalDigest.OfOrder(
                _channel, seq, order.Signed.Span, order.Input.Span);
            _pending[seq] = new Kept(order, digest);
            sum += digest;
        });
        _file.ReadSettled(_channel, (seq, units, digest) =>
        {
            _resolved[seq] = new Settled(units, digest);
            sum += digest;
        });
        if (sum != _row.Sum)
        {
            throw _file.Damaged("the rows of this channel do not have their sum");
        }
    }

    /// <summary>Sequences that need no answer any more, each for so many units.</summary>
    private void Settle(List<ulong> seqs, UInt128 units, byte[]? receipt, ulong nextSeq)
    {
        UInt128 sum = _row.Sum;
        foreach (ulong seq in seqs)
        {
            sum -= _pending.TryGetValue(seq, out Kept? open) ? open.Digest : 0;
            sum -= _resolved.TryGetValue(seq, out Settled? before) ? before.Digest : 0;
            sum += seq < _ack.NextSeq
                ? 0 : JournalDigest.OfSettled(_channel, seq, units, receipt);
        }

        ChannelRecord row = _row with { NextSeq = Math.Max(_row.NextSeq, nextSeq), Sum = sum };
        _file.Write(durable: false, () =>
        {
            foreach (ulong seq in seqs)
            {
                _file.RemoveOrder(_channel, seq);
                if (seq >= _ack.NextSeq)
                {
                    _file.PutSettled(_channel, seq, units, receipt);
                }
            }

            _file.PutChannel(_channel, row);
        });
        _row = row;
        foreach (ulong seq in seqs)
        {
            _pending.Remove(seq);
            if (seq >= _ack.NextSeq)
            {
                _resolved[seq] = new Settled(
                    units, JournalDigest.OfSettled(_channel, seq, units, receipt));
            }
        }
    }

    /// <summary>A new newest ack, durable; what it covers is removed.</summary>
    private void Take(in Ack ack, byte[] signed, ulong nextSeq)
    {
        ulong covered = ack.NextSeq;
        List<ulong> orders = Below(_pending.Keys, covered);
        List<ulong> settled = Below(_resolved.Keys, covered);
        UInt128 sum = _row.Sum;
        foreach (ulong seq in orders)
        {
            sum -= _pending[seq].Digest;
        }

        foreach (ulong seq in settled)
        {
            sum -= _resolved[seq].Digest;
        }

        ulong next = Math.Max(Math.Max(_row.NextSeq, covered), nextSeq);
        ChannelRecord row = _row with { NextSeq = next, Ack = signed, Sum = sum };
        _file.Write(durable: true, () =>
        {
            _file.RemoveBelow(_channel, covered);
            _file.PutChannel(_channel, row);
        });
        (_row, _ack) = (row, ack);
        orders.ForEach(seq => _pending.Remove(seq));
        settled.ForEach(seq => _resolved.Remove(seq));
    }

    private static List<ulong> Below(IEnumerable<ulong> seqs, ulong next)
    {
        List<ulong> below = [];
        foreach (ulong seq in seqs)
        {
            if (seq >= next)
            {
                break;
            }

            below.Add(seq);
        }

        return below;
    }

    private sealed record Kept(PendingOrder Order, UInt128 Digest);

    private sealed record Settled(UInt128 Units, UInt128 Digest);
}
