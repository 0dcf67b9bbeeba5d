using System;
using System.Collections.Generic;
using System.Linq;

namespace ComputeVoucher.TestKit;

/// <summary>An RLP item as a tree: <c>byte[]</c> or <c>object[]</c>. Reads canonical encoding
/// only: shortest headers, no length beyond the input, lists nested at most
/// <see cref="DepthMax"/> deep. Shares no code with the product, which it judges.</summary>
public static class RlpTree
{
    /// <summary>Nested lists: transactions need 3, blocks 5; the rest is room.</summary>
    public const int DepthMax = 32;

    public static byte[] Encode(object item) => item is byte[] bytes
        ? bytes is [< 0x80] ? bytes : [.. Header(0x80, bytes.Length), .. bytes]
        : Wrap([.. ((object[])item).SelectMany(Encode)]);

    /// <exception cref="FormatException">Not exactly one canonical item.</exception>
    public static object Decode(ReadOnlySpan<byte> encoded)
    {
        object item = Read(ref encoded, 0);
        return encoded.IsEmpty ? item : throw Bad($"{encoded.Length} bytes too many");
    }

    public static string Show(object item) => item is byte[] bytes
        ? "0x" + Convert.ToHexStringLower(bytes)
        : "[" + string.Join(',', ((object[])item).Select(Show)) + "]";

    private static byte[] Wrap(byte[] payload) => [.. Header(0xC0, payload.Length), .. payload];

    private static byte[] Header(int kind, int length)
    {
        List<byte> digits = [];
        for (int left = length; left > 0; left >>= 8)
        {
            digits.Insert(0, (byte)left);
        }

        return length < 56
            ? [(byte)(kind + length)]
            : [(byte)(kind + 55 + digits.Count), .. digits];
    }

    private static object Read(ref ReadOnlySpan<byte> rest, int depth)
    {
        ReadOnlySpan<byte> payload = ReadItem(ref rest, out bool isList);
        if (!isList)
        {
            return payload.ToArray();
        }

        List<object> members = depth < DepthMax ? [] : throw Bad("too many lists nested");
        while (!payload.IsEmpty)
        {
            members.Add(Read(ref payload, depth + 1));
        }

        return members.ToArray();
    }

    private static ReadOnlySpan<byte> ReadItem(ref ReadOnlySpan<byte> rest, out bool isList)
    {
        if (rest.IsEmpty)
        {
            throw Bad("an item is missing");
        }

        byte first = rest[0];
        isList = first >= 0xC0;
        if (first < 0x80)
        {
            return Cut(ref rest, 0, 1);
        }

        int code = first - (isList ? 0xC0 : 0x80);
        if (code >= 56)
        {
            return ReadLong(ref rest, code - 55);
        }

        ReadOnlySpan<byte> payload = Cut(ref rest, 1, (ulong)code);
        return !isList && payload is [< 0x80]
            ? throw Bad("a header where the byte stands for itself")
            : payload;
    }

    private static ReadOnlySpan<byte> ReadLong(ref ReadOnlySpan<byte> rest, int lengthBytes)
    {
        if (rest.Length < 1 + lengthBytes)
        {
            throw Bad("a header is cut short");
        }

        ulong length = 0;
        foreach (byte b in rest.Slice(1, lengthBytes))
        {
            length = (length << 8) | b;
        }

        return rest[1] == 0 ? throw Bad("a length with leading zeros")
            : length < 56 ? throw Bad("a long header on a short item")
            : Cut(ref rest, 1 + lengthBytes, length);
    }

    private static ReadOnlySpan<byte> Cut(
        ref ReadOnlySpan<byte> rest, int headerBytes, ulong payloadBytes)
    {
        if (payloadBytes > (ulong)(rest.Length - headerBytes))
        {
            throw Bad("an item reaches beyond its input");
        }

        ReadOnlySpan<byte> payload = rest.Slice(headerBytes, (int)payloadBytes);
        rest = rest[(headerBytes + payload.Length)..];
        return payload;
    }

    private static FormatException Bad(string what) => new("not canonical RLP: " + what);
}
