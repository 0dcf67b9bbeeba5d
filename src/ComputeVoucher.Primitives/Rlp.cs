using System;
using System.Buffers.Binary;
using System.Collections.Generic;

namespace ComputeVoucher.Primitives;

/// <summary>Recursive length prefix (Ethereum yellow paper, appendix B).</summary>
public static class Rlp
{
    /// <summary>A byte string as it is.</summary>
    public static byte[] Bytes(ReadOnlySpan<byte> bytes) =>
        bytes is [< 0x80] ? [bytes[0]] : [.. Header(0x80, bytes.Length), .. bytes];

    /// <summary>A number: big endian without leading zeros; zero is the empty string.</summary>
    public static byte[] Number(UInt256 value) =>
        Bytes(value.ToBytes32().Span.TrimStart((byte)0));

    /// <summary>A list of items that are encoded already.</summary>
    public static byte[] List(params ReadOnlySpan<byte[]> items)
    {
        List<byte> payload = [];
        foreach (byte[] item in items)
        {
            payload.AddRange(item);
        }

        return [.. Header(0xC0, payload.Count), .. payload];
    }

    /// <summary>Takes the next item, list or not, off <paramref name="rest"/> and gives its
    /// payload. Headers and numbers need not have their shortest form: who must know encodes
    /// again what was read, and compares.</summary>
    /// <exception cref="FormatException">No item, or one that reaches beyond the input.
    /// </exception>
    public static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest)
    {
        byte first = rest.IsEmpty ? throw Bad() : rest[0];
        bool isItself = first < 0x80;
        int code = isItself ? 1 : first & 0x3F;
        int lengthBytes = Math.Max(0, code - 55);
        int start = isItself ? 0 : 1 + lengthBytes;
        if (start > rest.Length)
        {
            throw Bad();
        }

        ulong length = lengthBytes == 0 ? (ulong)code : 0;
        foreach (byte b in rest.Slice(start - lengthBytes, lengthBytes))
        {
            length = (length << 8) | b;
        }

        if (length > (ulong)(rest.Length - start))
        {
            throw Bad();
        }

        ReadOnlySpan<byte> payload = rest.Slice(start, (int)length);
        rest = rest[(start + payload.Length)..];
        return payload;
    }

    private static byte[] Header(byte kind, int payloadBytes)
    {
        if (payloadBytes < 56)
        {
            return [(byte)(kind + payloadBytes)];
        }

        Span<byte> word = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(word, payloadBytes);
        ReadOnlySpan<byte> length = word.TrimStart((byte)0);
        return [(byte)(kind + 55 + length.Length), .. length];
    }

    private static FormatException Bad() => new("RLP: an item is missing or cut short");
}
