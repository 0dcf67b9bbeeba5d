using System;

namespace ComputeVoucher.Primitives;

/// <summary>
/// Reads canonical recursive length prefix encoding in place: shortest headers only, numbers
/// without leading zeros, no length beyond the input, lists nested at most
/// <see cref="DepthMax"/> deep. Everything else is a <see cref="FormatException"/>.
/// </summary>
public ref struct RlpReader
{
    /// <summary>Nested lists: transactions need 3, blocks 5; the rest is room.</summary>
    public const int DepthMax = 32;

    private readonly int _depth;
    private ReadOnlySpan<byte> _rest;

    public RlpReader(ReadOnlySpan<byte> encoded)
        : this(encoded, 0)
    {
    }

    private RlpReader(ReadOnlySpan<byte> encoded, int depth)
    {
        _rest = encoded;
        _depth = depth;
    }

    /// <summary>Whether everything has been read.</summary>
    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>Whether the next item is a list.</summary>
    public readonly bool IsList => !_rest.IsEmpty && _rest[0] >= 0xC0;

    /// <summary>The next byte string.</summary>
    public ReadOnlySpan<byte> ReadBytes()
    {
        ReadOnlySpan<byte> payload = ReadItem(out bool isList);
        return isList ? throw Bad("a list where a byte string is wanted") : payload;
    }

    /// <summary>The next number, at most 256 bits, without leading zeros.</summary>
    public UInt256 ReadUInt256()
    {
        ReadOnlySpan<byte> bytes = ReadBytes();
        return bytes.Length > UInt256.Size ? throw Bad("a number of more than 256 bits")
            : bytes is [0, ..] ? throw Bad("a number with leading zeros")
            : UInt256.FromBigEndian(bytes);
    }

    /// <summary>The next number, at most 64 bits.</summary>
    public ulong ReadUInt64() => ReadUInt256().TryToUInt64(out ulong value)
        ? value
        : throw Bad("a number of more than 64 bits");

    /// <summary>20 bytes.</summary>
    public Address ReadAddress()
    {
        ReadOnlySpan<byte> bytes = ReadBytes();
        return bytes.Length == Address.Size ? new Address(bytes) : throw Bad("not an address");
    }

    /// <summary>32 bytes.</summary>
    public Bytes32 ReadBytes32()
    {
        ReadOnlySpan<byte> bytes = ReadBytes();
        return bytes.Length == Bytes32.Size ? new Bytes32(bytes) : throw Bad("not 32 bytes");
    }

    /// <summary>The next list; this reader continues behind it.</summary>
    public RlpReader ReadList()
    {
        ReadOnlySpan<byte> payload = ReadItem(out bool isList);
        return !isList ? throw Bad("a byte string where a list is wanted")
            : _depth == DepthMax ? throw Bad($"more than {DepthMax} lists nested")
            : new RlpReader(payload, _depth + 1);
    }

    /// <summary>Refuses bytes behind the last item.</summary>
    public readonly void ExpectEnd()
    {
        if (!IsAtEnd)
        {
            throw Bad($"{_rest.Length} bytes too many");
        }
    }

    private ReadOnlySpan<byte> ReadItem(out bool isList)
    {
        if (_rest.IsEmpty)
        {
            throw Bad("an item is missing");
        }

        byte first = _rest[0];
        isList = first >= 0xC0;
        if (first < 0x80)
        {
            return Take(0, 1);
        }

        int code = first - (isList ? 0xC0 : 0x80);
        if (code >= 56)
        {
            return ReadLong(code - 55);
        }

        ReadOnlySpan<byte> payload = Take(1, (ulong)code);
        return !isList && payload is [< 0x80]
            ? throw Bad("a header where the byte stands for itself")
            : payload;
    }

    private ReadOnlySpan<byte> ReadLong(int lengthBytes)
    {
        if (_rest.Length < 1 + lengthBytes)
        {
            throw Bad("a header is cut short");
        }

        ulong length = 0;
        foreach (byte b in _rest.Slice(1, lengthBytes))
        {
            length = (length << 8) | b;
        }

        return _rest[1] == 0 ? throw Bad("a length with leading zeros")
            : length < 56 ? throw Bad("a long header on a short item")
            : Take(1 + lengthBytes, length);
    }

    private ReadOnlySpan<byte> Take(int headerBytes, ulong payloadBytes)
    {
        if (payloadBytes > (ulong)(_rest.Length - headerBytes))
        {
            throw Bad("an item reaches beyond its input");
        }

        ReadOnlySpan<byte> payload = _rest.Slice(headerBytes, (int)payloadBytes);
        _rest = _rest[(headerBytes + payload.Length)..];
        return payload;
    }

    private static FormatException Bad(string what) => new("not canonical RLP: " + what);
}
