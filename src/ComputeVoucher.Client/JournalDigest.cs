using System;
using System.Buffers.Binary;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Client;

/// <summary>
/// What tells a rotten row: SQLite checks the structure of its pages, not their content. A
/// channel's row holds the sum of the digests of its orders and settled sequences, and a digest of
/// itself, so that a changed, lost or foreign row is seen. 128 bits of Keccak; against rot, not
/// against whoever can write the file.
/// </summary>
internal static class JournalDigest
{
    public const int Size = 16;

    private const byte ChannelTag = 0;
    private const byte OrderTag = 1;
    private const byte SettledTag = 2;

    public static UInt128 OfChannel(in Bytes32 channel, in ChannelRecord row)
    {
        int ackBytes = row.Ack?.Length ?? 0;
        byte[] bytes = new byte[1 + Bytes32.Size + 8 + Address.Size + Size + ackBytes];
        Span<byte> rest = Head(bytes, ChannelTag, channel, row.NextSeq);
        row.Node.CopyTo(rest);
        BinaryPrimitives.WriteUInt128BigEndian(rest[Address.Size..], row.Sum);
        row.Ack.CopyTo(rest[(Address.Size + Size)..]);
        return Of(bytes);
    }

    public static UInt128 OfOrder(
        in Bytes32 channel, ulong seq, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> input)
    {
        // Hashes of the two parts: an input is up to 1 MiB and is not copied.
        Span<byte> bytes = stackalloc byte[1 + (3 * Bytes32.Size) + 8];
        Span<byte> rest = Head(bytes, OrderTag, channel, seq);
        Keccak256.Hash(signed).CopyTo(rest);
        Keccak256.Hash(input).CopyTo(rest[Bytes32.Size..]);
        return Of(bytes);
    }

    public static UInt128 OfSettled(
        in Bytes32 channel, ulong seq, UInt128 units, ReadOnlySpan<byte> receipt)
    {
        Span<byte> bytes = stackalloc byte[1 + (2 * Bytes32.Size) + 8 + Size];
        Span<byte> rest = Head(bytes, SettledTag, channel, seq);
        BinaryPrimitives.WriteUInt128BigEndian(rest, units);
        Keccak256.Hash(receipt).CopyTo(rest[Size..]);
        return Of(bytes);
    }

    private static Span<byte> Head(Span<byte> bytes, byte tag, in Bytes32 channel, ulong seq)
    {
        bytes[0] = tag;
        channel.CopyTo(bytes[1..]);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[(1 + Bytes32.Size)..], seq);
        return bytes[(1 + Bytes32.Size + 8)..];
    }

    private static UInt128 Of(ReadOnlySpan<byte> bytes) =>
        BinaryPrimitives.ReadUInt128BigEndian(Keccak256.Hash(bytes).Span);
}
