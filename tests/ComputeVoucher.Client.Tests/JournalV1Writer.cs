using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Client.Tests;

/// <summary>Writes what clients wrote before SQLite; its bytes are held against a frozen file of
/// such a client.</summary>
internal sealed class JournalV1Writer
{
    private readonly List<byte> _bytes = [];
    private readonly Bytes32 _channel;

    public JournalV1Writer(int channel)
    {
        _channel = Given.Terms(channel).HashStruct();
        Append(1, _channel.Span);
    }

    /// <summary>Where each record ends.</summary>
    public List<int> Ends { get; } = [];

    public byte[] Bytes => [.. _bytes];

    /// <summary>What the frozen file holds: next sequence 6, ack of 111 units below 2, orders 3 and
    /// 5 open, 2 refused, 4 served for 7 units.</summary>
    public static JournalV1Writer Frozen()
    {
        JournalV1Writer writer = new(0);
        PendingOrder first = writer.Order(0, [1]);
        PendingOrder second = writer.Order(1, [2, 2]);
        writer.Receipt(first, 100);
        writer.Receipt(second, 11);
        writer.Ack(111, 2);
        writer.Order(2, [3, 3, 3]);
        writer.Order(3, []);
        PendingOrder served = writer.Order(4, [5]);
        writer.Order(5, [6, 7]);
        writer.Refused(2);
        writer.Receipt(served, 7);
        return writer;
    }

    public PendingOrder Order(ulong seq, byte[] input)
    {
        PendingOrder order = Given.Order(_channel, seq, input);
        Append(2, [.. order.Signed.Span, .. input]);
        return order;
    }

    public void Receipt(PendingOrder order, uint units)
    {
        Receipt receipt = Given.Receipt(order, units);
        byte[] body = new byte[8 + SignedPayload.Bytes<Receipt>()];
        BinaryPrimitives.WriteUInt64LittleEndian(body, order.Order.Seq);
        SignedPayload.Encode(
            receipt, Given.NodeKey.Sign(receipt.Digest(Given.Separator)), body.AsSpan(8));
        Append(3, body);
    }

    /// <summary>What compaction left of a receipt: its units alone.</summary>
    public void CompactedReceipt(ulong seq, uint units)
    {
        Receipt receipt = new(Bytes32.Zero, 1, Bytes32.Zero, Bytes32.Zero, units);
        byte[] body = new byte[8 + SignedPayload.Bytes<Receipt>()];
        BinaryPrimitives.WriteUInt64LittleEndian(body, seq);
        receipt.Encode(body.AsSpan(8));
        Append(3, body);
    }

    public void Refused(ulong seq)
    {
        byte[] body = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(body, seq);
        Append(4, body);
    }

    public void Ack(ulong units, ulong next) =>
        Append(5, Given.Signed(new Ack(_channel, units, next)));

    public void Append(byte kind, ReadOnlySpan<byte> body)
    {
        byte[] record = new byte[9 + body.Length];
        BinaryPrimitives.WriteInt32LittleEndian(record, body.Length);
        record[4] = kind;
        body.CopyTo(record.AsSpan(5));
        Keccak256.Hash(record.AsSpan(4, 1 + body.Length)).Span[..4]
            .CopyTo(record.AsSpan(5 + body.Length));
        _bytes.AddRange(record);
        Ends.Add(_bytes.Count);
    }
}
