using System;
using System.Buffers.Binary;
using System.Collections.Generic;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// Payload of a State frame: the newest ack of a channel with its signature (zeros when there is
/// none), the first sequence that no order has used as u64, the number of entries as u32, and for
/// each order after that ack that is charged or may be, by sequence: the order with its signature,
/// then its receipt with its signature (zeros while there is none). Integers big endian. At most
/// <see cref="EntriesMax"/> entries: ack those, and ask again.
/// </summary>
public sealed record StateMessage(
    Ack Ack, byte[]? AckSigned, ulong NextSeq, IReadOnlyList<StateMessage.Entry> Entries)
{
    /// <summary>500 entries of 405 bytes stay below the frame's bound of 240 KiB.</summary>
    public const int EntriesMax = 500;

    private static int HeadBytes => AckBytes + sizeof(ulong) + sizeof(int);

    private static int AckBytes => SignedPayload.Bytes<Ack>();

    private static int OrderBytes => SignedPayload.Bytes<Order>();

    private static int ReceiptBytes => SignedPayload.Bytes<Receipt>();

    /// <summary>The payload.</summary>
    public byte[] Encode()
    {
        byte[] bytes = new byte[HeadBytes + Entries.Count * (OrderBytes + ReceiptBytes)];
        AckSigned?.CopyTo(bytes, 0);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(AckBytes), NextSeq);
        BinaryPrimitives.WriteInt32BigEndian(
            bytes.AsSpan(AckBytes + sizeof(ulong)), Entries.Count);
        int at = HeadBytes;
        foreach (Entry entry in Entries)
        {
            entry.OrderSigned.Span.CopyTo(bytes.AsSpan(at));
            entry.ReceiptSigned.Span.CopyTo(bytes.AsSpan(at + OrderBytes));
            at += OrderBytes + ReceiptBytes;
        }

        return bytes;
    }

    /// <exception cref="FormatException">Of another length than its count says.</exception>
    public static StateMessage Decode(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length < HeadBytes)
        {
            throw new FormatException("the node's state is cut short");
        }

        ulong nextSeq = BinaryPrimitives.ReadUInt64BigEndian(bytes.Span[AckBytes..]);
        int count = BinaryPrimitives.ReadInt32BigEndian(bytes.Span[(AckBytes + sizeof(ulong))..]);
        if (count is < 0 or > EntriesMax
            || bytes.Length != HeadBytes + count * (OrderBytes + ReceiptBytes))
        {
            throw new FormatException("the node's state has another length than it says");
        }

        ReadOnlyMemory<byte> ackSigned = bytes[..AckBytes];
        bool hasAck = ackSigned.Span.ContainsAnyExcept((byte)0);
        Ack ack = default;
        if (hasAck && SignedPayload.Decode(ackSigned.Span, out ack, out _) != RefusalReason.None)
        {
            throw new FormatException("the node's state holds no valid ack");
        }

        List<Entry> entries = [];
        for (int i = 0; i < count; i++)
        {
            int at = HeadBytes + i * (OrderBytes + ReceiptBytes);
            ReadOnlyMemory<byte> receipt = bytes.Slice(at + OrderBytes, ReceiptBytes);
            entries.Add(new Entry(bytes.Slice(at, OrderBytes),
                receipt.Span.ContainsAnyExcept((byte)0) ? receipt : default));
        }

        return new StateMessage(ack, hasAck ? ackSigned.ToArray() : null, nextSeq, entries);
    }

    /// <summary>
    /// One order that the newest ack does not cover; the receipt is empty without one.
    /// </summary>
    public readonly record struct Entry(
        ReadOnlyMemory<byte> OrderSigned, ReadOnlyMemory<byte> ReceiptSigned);
}
