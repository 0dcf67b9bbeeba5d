using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using ComputeVoucher.Primitives;
using ComputeVoucher.Storage;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Client;

/// <summary>
/// What a client must not forget, in one append-only file: sequences used, orders without an answer
/// (with their input, so that they can be sent again), receipts not yet acknowledged, the newest
/// ack. One file per channel. Thread safe.
/// </summary>
/// <remarks>
/// Record: body length u32, kind u8, body, first 4 bytes of keccak(kind ‖ body); little endian. A
/// record that was cut short ends the file. Orders are written before they are sent and survive a
/// crash of the process; acks are also flushed to the disk, because they are money. After a power
/// cut the node's State fills in the rest.
/// </remarks>
public sealed class ClientJournal : IDisposable
{
    private const int OverheadBytes = 9;

    /// <summary>An order of 225 bytes with the largest input that a frame carries.</summary>
    private const int BodyBytesMax = (1 << 20) + 1024;

    /// <summary>Beyond this the file is rewritten with what still matters.</summary>
    private const long CompactBytes = 32 << 20;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<ulong, PendingOrder> _pending = [];
    private readonly SortedDictionary<ulong, UInt128> _resolved = [];
    private readonly string _path;
    private readonly Bytes32 _channel;
    private FileStream _file;
    private byte[]? _ackBytes;

    private ClientJournal(string path, Bytes32 channel, FileStream file) =>
        (_path, _channel, _file) = (path, channel, file);

    private enum Kind : byte
    {
        Channel = 1,
        Order = 2,
        Receipt = 3,
        Refused = 4,
        Ack = 5,
    }

    /// <summary>First sequence that was never used.</summary>
    public ulong NextSeq { get; private set; }

    /// <summary>The newest ack that was signed; its units are 0 when there was none.</summary>
    public Ack NewestAck { get; private set; }

    /// <summary>The newest ack as it travels, or null.</summary>
    public byte[]? NewestAckBytes
    {
        get
        {
            lock (_lock)
            {
                return _ackBytes;
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

    /// <exception cref="ClientException">In use, of another channel, or not a journal.</exception>
    public static ClientJournal Open(string path, Bytes32 channel)
    {
        ClientJournal journal = new(path, channel, OpenLocked(path));
        journal.NewestAck = new Ack(channel, 0, 0);
        try
        {
            journal.Load();
        }
        catch
        {
            journal.Dispose();
            throw;
        }

        return journal;
    }

    /// <summary>Orders that were sent, perhaps, and have no answer yet.</summary>
    public List<PendingOrder> Pending()
    {
        lock (_lock)
        {
            return [.. _pending.Values];
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
            return seq < NewestAck.NextSeq
                || _pending.ContainsKey(seq) || _resolved.ContainsKey(seq);
        }
    }

    /// <summary>Uses up a sequence: the order is in the file before this returns.</summary>
    public PendingOrder Add(Func<ulong, PendingOrder> sign)
    {
        lock (_lock)
        {
            PendingOrder order = sign(NextSeq);
            byte[] body = new byte[order.Signed.Length + order.Input.Length];
            order.Signed.CopyTo(body);
            order.Input.CopyTo(body.AsMemory(order.Signed.Length));
            Append(Kind.Order, body);
            _pending[order.Order.Seq] = order;
            NextSeq++;
            return order;
        }
    }

    /// <summary>The order has its receipt, checked.</summary>
    public void Resolve(in Order order, in Receipt receipt, in Signature signature)
    {
        byte[] body = new byte[8 + SignedPayload.Bytes<Receipt>()];
        BinaryPrimitives.WriteUInt64LittleEndian(body, order.Seq);
        SignedPayload.Encode(receipt, signature, body.AsSpan(8));
        lock (_lock)
        {
            Append(Kind.Receipt, body);
            Settle(order.Seq, receipt.Units);
        }
    }

    /// <summary>The node refused the order for good: nothing is owed for its sequence.</summary>
    public void Refuse(ulong seq)
    {
        byte[] body = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(body, seq);
        lock (_lock)
        {
            Append(Kind.Refused, body);
            Settle(seq, 0);
        }
    }

    /// <summary>An ack for all sequences that are settled without a gap; false when none is new.
    /// </summary>
    public bool TryNextAck(out Ack ack)
    {
        lock (_lock)
        {
            UInt128 units = NewestAck.CumUnits;
            ulong next = NewestAck.NextSeq;
            while (_resolved.TryGetValue(next, out UInt128 more))
            {
                units += more;
                next++;
            }

            ack = new Ack(_channel, units, next);
            return next > NewestAck.NextSeq;
        }
    }

    /// <summary>The ack is on the disk before this returns, so it may be sent.</summary>
    public void RecordAck(in Ack ack, byte[] signed)
    {
        lock (_lock)
        {
            Append(Kind.Ack, signed);
            Posix.Sync(_path);
            Take(ack, signed);
            if (_file.Length > CompactBytes)
            {
                Compact();
            }
        }
    }

    /// <summary>What the node knows and this file does not (a lost or restored file).</summary>
    public void Adopt(in Ack nodeAck, byte[] signed, ulong nextSeq)
    {
        lock (_lock)
        {
            if (nodeAck.NextSeq > NewestAck.NextSeq && nodeAck.CumUnits >= NewestAck.CumUnits)
            {
                Append(Kind.Ack, signed);
                Posix.Sync(_path);
                Take(nodeAck, signed);
            }

            NextSeq = Math.Max(NextSeq, nextSeq);
        }
    }

    /// <summary>
    /// An order that only the node remembers: signed by our key, with its receipt.
    /// </summary>
    public void AdoptReceipt(in Order order, in Receipt receipt, in Signature signature)
    {
        lock (_lock)
        {
            if (order.Seq < NewestAck.NextSeq || _resolved.ContainsKey(order.Seq))
            {
                return;
            }

            NextSeq = Math.Max(NextSeq, order.Seq + 1);
        }

        Resolve(order, receipt, signature);
    }

    /// <summary>Sequences without an order (lost before they were sent) owe nothing.</summary>
    public void FillGaps()
    {
        lock (_lock)
        {
            for (ulong seq = NewestAck.NextSeq; seq < NextSeq; seq++)
            {
                if (!_pending.ContainsKey(seq) && !_resolved.ContainsKey(seq))
                {
                    Refuse(seq);
                }
            }
        }
    }

    public void Dispose() => _file.Dispose();

    private static FileStream OpenLocked(string path)
    {
        try
        {
            // FileShare.None takes an advisory lock: a second client on one channel would use the
            // same sequences.
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite,
                FileShare.None, bufferSize: 0);
        }
        catch (IOException failure)
        {
            throw new ClientException($"{path}: cannot open the client's state: {failure.Message} "
                + "(one request at a time may use it)", failure);
        }
    }

    private void Take(in Ack ack, byte[] signed)
    {
        NewestAck = ack;
        _ackBytes = signed;
        NextSeq = Math.Max(NextSeq, ack.NextSeq);
        ulong next = ack.NextSeq;
        RemoveBelow(_resolved, next);
        RemoveBelow(_pending, next);
    }

    private static void RemoveBelow<T>(SortedDictionary<ulong, T> map, ulong next)
    {
        List<ulong> gone = [];
        foreach (ulong seq in map.Keys)
        {
            if (seq >= next)
            {
                break;
            }

            gone.Add(seq);
        }

        foreach (ulong seq in gone)
        {
            map.Remove(seq);
        }
    }

    private void Settle(ulong seq, UInt128 units)
    {
        _pending.Remove(seq);
        if (seq >= NewestAck.NextSeq)
        {
            _resolved[seq] = units;
        }
    }

    private void Append(Kind kind, ReadOnlySpan<byte> body)
    {
        byte[] record = new byte[OverheadBytes + body.Length];
        BinaryPrimitives.WriteInt32LittleEndian(record, body.Length);
        record[4] = (byte)kind;
        body.CopyTo(record.AsSpan(5));
        Keccak256.Hash(record.AsSpan(4, 1 + body.Length)).Span[..4]
            .CopyTo(record.AsSpan(5 + body.Length));
        _file.Write(record);
    }

    private void Load()
    {
        byte[] head = new byte[5];
        long good = 0;
        while (_file.ReadAtLeast(head, 5, throwOnEndOfStream: false) == 5)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(head);
            if (length is < 0 or > BodyBytesMax)
            {
                break;
            }

            byte[] rest = new byte[1 + length + 4];
            rest[0] = head[4];
            if (_file.ReadAtLeast(rest.AsSpan(1), length + 4, throwOnEndOfStream: false)
                    < length + 4
                || !Keccak256.Hash(rest.AsSpan(0, 1 + length)).Span[..4]
                    .SequenceEqual(rest.AsSpan(1 + length)))
            {
                break;
            }

            Apply((Kind)head[4], rest.AsMemory(1, length));
            good = _file.Position;
        }

        if (good == 0 && _file.Length > 0)
        {
            throw new ClientException($"{_path}: not a client state file (choose another)");
        }

        _file.SetLength(good);
        _file.Position = good;
        if (good == 0)
        {
            Append(Kind.Channel, _channel.Span);
        }
    }

    private void Apply(Kind kind, ReadOnlyMemory<byte> body)
    {
        switch (kind)
        {
            case Kind.Channel:
                if (!body.Span.SequenceEqual(_channel.Span))
                {
                    throw new ClientException($"{_path}: the state of another channel, "
                        + $"{Hex.Encode(body.Span)} (one state file per channel)");
                }

                break;
            case Kind.Order:
                PendingOrder order = PendingOrder.Decode(body);
                _pending[order.Order.Seq] = order;
                NextSeq = Math.Max(NextSeq, order.Order.Seq + 1);
                break;
            case Kind.Receipt:
                _ = SignedPayload.Decode(body.Span[8..], out Receipt receipt, out _);
                ulong served = BinaryPrimitives.ReadUInt64LittleEndian(body.Span);
                NextSeq = Math.Max(NextSeq, served + 1);
                Settle(served, receipt.Units);
                break;
            case Kind.Refused:
                Settle(BinaryPrimitives.ReadUInt64LittleEndian(body.Span), 0);
                break;
            case Kind.Ack:
                _ = SignedPayload.Decode(body.Span, out Ack ack, out _);
                Take(ack, body.ToArray());
                break;
            default:
                throw new ClientException($"{_path}: record of unknown kind {(byte)kind} "
                    + "(written by a newer version?)");
        }
    }

    private void Compact()
    {
        string beside = _path + ".partial";
        FileStream old = _file;
        _file = new FileStream(beside, FileMode.Create, FileAccess.ReadWrite,
            FileShare.None, bufferSize: 0);
        Append(Kind.Channel, _channel.Span);
        if (_ackBytes is not null)
        {
            Append(Kind.Ack, _ackBytes);
        }

        foreach (PendingOrder order in _pending.Values)
        {
            Append(Kind.Order, [.. order.Signed.Span, .. order.Input.Span]);
        }

        foreach ((ulong seq, UInt128 units) in _resolved)
        {
            Receipt settled = new(Bytes32.Zero, 1, Bytes32.Zero, Bytes32.Zero, units);
            byte[] body = new byte[8 + SignedPayload.Bytes<Receipt>()];
            BinaryPrimitives.WriteUInt64LittleEndian(body, seq);
            settled.Encode(body.AsSpan(8));
            Append(Kind.Receipt, body);
        }

        Posix.Sync(beside);
        File.Move(beside, _path, overwrite: true);
        // Or a power cut brings the old file back, without the acks that are written from now on.
        Posix.Sync(Path.GetDirectoryName(Path.GetFullPath(_path))!);
        old.Dispose();
    }
}
