using System;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// Walks the one field list of a signed struct, for one of four ends: to say its type, to hash it,
/// to write its payload, to read it. Each method takes a field's frozen name and its value, and
/// returns the value: the same one, or what was read.
/// </summary>
public ref struct FieldCursor
{
    private readonly StringBuilder? _text;
    private readonly bool _reads;
    private readonly int _cellBytesMin;
    private ReadOnlySpan<byte> _source;
    private Span<byte> _target;

    private FieldCursor(
        StringBuilder? text, bool reads, int cellBytesMin, ReadOnlySpan<byte> source,
        Span<byte> target)
    {
        (_text, _reads, _cellBytesMin) = (text, reads, cellBytesMin);
        _source = source;
        _target = target;
    }

    /// <summary>Fields described so far.</summary>
    internal int Count { get; private set; }

    /// <summary>Payload bytes of the fields described so far.</summary>
    internal int PayloadBytes { get; private set; }

    /// <summary>Units were read that no channel can hold.</summary>
    internal bool UnitsOverLimit { get; private set; }

    /// <summary>Appends "type name" of each field, with commas between.</summary>
    internal static FieldCursor Describe(StringBuilder text) =>
        new(text, false, 0, default, default);

    /// <summary>Writes one word of 32 bytes a field, right-aligned, as EIP-712 hashes it.</summary>
    internal static FieldCursor Words(Span<byte> words) =>
        new(null, false, Primitives.Bytes32.Size, default, words);

    /// <summary>Writes every field at its own width, big endian.</summary>
    internal static FieldCursor Write(Span<byte> payload) => new(null, false, 0, default, payload);

    /// <summary>Reads a payload of the exact length.</summary>
    internal static FieldCursor Read(ReadOnlySpan<byte> payload) =>
        new(null, true, 0, payload, default);

    /// <summary>uint8 to uint128, as wide as its C# type.</summary>
    public T Uint<T>(string name, T value)
        where T : struct, IBinaryInteger<T>, IUnsignedNumber<T>
    {
        int bytes = Unsafe.SizeOf<T>();
        if (_text is not null)
        {
            Append(string.Create(CultureInfo.InvariantCulture, $"uint{8 * bytes}"), name, bytes);
        }
        else if (_reads)
        {
            return T.ReadBigEndian(Take(bytes), isUnsigned: true);
        }
        else
        {
            // WriteBigEndian is a default method of the interface, which would box the value.
            value.TryWriteBigEndian(Room(bytes), out _);
        }

        return value;
    }

    /// <summary>A uint128 of compute units, at most <see cref="VoucherLimits.UnitsMax"/>.</summary>
    public UInt128 Units(string name, UInt128 value)
    {
        UInt128 units = Uint(name, value);
        UnitsOverLimit |= units > VoucherLimits.UnitsMax;
        return units;
    }

    public Bytes32 Bytes32(string name, Bytes32 value)
    {
        Put("bytes32", name, value);
        return value;
    }

    /// <summary>A hash that the contracts read as a number, such as an ERC-1155 id.</summary>
    public Bytes32 Uint256(string name, Bytes32 value)
    {
        Put("uint256", name, value);
        return value;
    }

    public Address Address(string name, Address value)
    {
        Put("address", name, value);
        return value;
    }

    private void Put(string type, string name, scoped Span<byte> value)
    {
        if (_text is not null)
        {
            Append(type, name, value.Length);
        }
        else if (_reads)
        {
            Take(value.Length).CopyTo(value);
        }
        else
        {
            value.CopyTo(Room(value.Length));
        }
    }

    private void Append(string type, string name, int bytes)
    {
        _text!.Append(Count++ == 0 ? "" : ",").Append(type).Append(' ').Append(name);
        PayloadBytes += bytes;
    }

    private ReadOnlySpan<byte> Take(int bytes)
    {
        ReadOnlySpan<byte> taken = _source[..bytes];
        _source = _source[bytes..];
        return taken;
    }

    private Span<byte> Room(int bytes)
    {
        Span<byte> cell = _target[..int.Max(bytes, _cellBytesMin)];
        _target = _target[cell.Length..];
        cell[..^bytes].Clear();
        return cell[^bytes..];
    }
}
