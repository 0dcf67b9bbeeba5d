using System;
using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace ComputeVoucher.Primitives;

/// <summary>
/// An unsigned integer of 256 bits, the EVM's word. Arithmetic is checked; multiplication and
/// division go through <see cref="BigInteger"/>, since no hot path needs them.
/// </summary>
public readonly struct UInt256 : IEquatable<UInt256>, IComparable<UInt256>
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 32;

    private readonly UInt128 _high;
    private readonly UInt128 _low;

    public UInt256(UInt128 high, UInt128 low)
    {
        _high = high;
        _low = low;
    }

    public static UInt256 Zero => default;

    public static UInt256 MaxValue => new(UInt128.MaxValue, UInt128.MaxValue);

    public bool IsZero => _high == 0 && _low == 0;

    /// <summary>At most 32 big-endian bytes.</summary>
    /// <exception cref="OverflowException">More than 32 bytes.</exception>
    public static UInt256 FromBigEndian(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > Size)
        {
            throw new OverflowException($"{bytes.Length} bytes do not fit 256 bits");
        }

        Span<byte> word = stackalloc byte[Size];
        word.Clear();
        bytes.CopyTo(word[(Size - bytes.Length)..]);
        return new UInt256(
            BinaryPrimitives.ReadUInt128BigEndian(word),
            BinaryPrimitives.ReadUInt128BigEndian(word[16..]));
    }

    /// <summary>Writes exactly 32 bytes.</summary>
    public void WriteBigEndian(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt128BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt128BigEndian(destination[16..], _low);
    }

    public Bytes32 ToBytes32()
    {
        Bytes32 word = default;
        WriteBigEndian(word);
        return word;
    }

    /// <summary>Decimal digits, or hexadecimal digits after 0x.</summary>
    /// <exception cref="FormatException">
    /// Anything else, or a number of more than 256 bits.
    /// </exception>
    public static UInt256 Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out UInt256 value)
            ? value
            : throw new FormatException("not an unsigned number of 256 bits, decimal or 0x…");

    public static bool TryParse(ReadOnlySpan<char> text, out UInt256 value)
    {
        // 78 decimal digits hold 2^256 − 1; longer text is refused before it costs anything.
        const int DigitsMax = 78;
        value = default;
        bool hex = text is ['0', 'x' or 'X', ..];
        ReadOnlySpan<char> digits = hex ? text[2..] : text;
        if (digits.IsEmpty || digits.Length > (hex ? 2 * Size : DigitsMax))
        {
            return false;
        }

        BigInteger number = BigInteger.Zero;
        foreach (char c in digits)
        {
            if (hex ? !char.IsAsciiHexDigit(c) : !char.IsAsciiDigit(c))
            {
                return false;
            }

            number = hex
                ? (number << 4) + Convert.ToInt32(c.ToString(), 16)
                : number * 10 + (c - '0');
        }

        if (number.GetBitLength() > 256)
        {
            return false;
        }

        value = FromBigInteger(number);
        return true;
    }

    /// <exception cref="OverflowException">Negative, or more than 256 bits.</exception>
    public static UInt256 FromBigInteger(BigInteger value)
    {
        if (value.Sign < 0 || value.GetBitLength() > 256)
        {
            throw new OverflowException("the number is not an unsigned number of 256 bits");
        }

        return new UInt256((UInt128)(value >> 128), (UInt128)(value & UInt128.MaxValue));
    }

    public BigInteger ToBigInteger() => ((BigInteger)_high << 128) | (BigInteger)_low;

    /// <exception cref="OverflowException">More than 128 bits.</exception>
    public UInt128 ToUInt128() => _high == 0 ? _low : throw TooLarge(128);

    /// <summary>False where the number does not fit 64 bits.</summary>
    public bool TryToUInt64(out ulong value)
    {
        bool fits = _high == 0 && _low <= ulong.MaxValue;
        value = fits ? (ulong)_low : 0;
        return fits;
    }

    /// <summary>False where the number does not fit 128 bits.</summary>
    public bool TryToUInt128(out UInt128 value)
    {
        value = _high == 0 ? _low : 0;
        return _high == 0;
    }

    public int CompareTo(UInt256 other) =>
        _high != other._high ? _high.CompareTo(other._high) : _low.CompareTo(other._low);

    public bool Equals(UInt256 other) => _high == other._high && _low == other._low;

    public override bool Equals(object? obj) => obj is UInt256 other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_high, _low);

    /// <summary>Decimal digits.</summary>
    public override string ToString() => ToBigInteger().ToString(CultureInfo.InvariantCulture);

    /// <summary>0x and the digits without leading zeros, as JSON-RPC writes quantities.</summary>
    public string ToHex()
    {
        string digits = Convert.ToHexStringLower(ToBytes32().Span).TrimStart('0');
        return "0x" + (digits.Length == 0 ? "0" : digits);
    }

    public static implicit operator UInt256(ulong value) => new(0, value);

    public static implicit operator UInt256(UInt128 value) => new(0, value);

    /// <exception cref="OverflowException">The sum exceeds 256 bits.</exception>
    public static UInt256 operator +(UInt256 left, UInt256 right)
    {
        UInt128 low = unchecked(left._low + right._low);
        UInt128 carry = low < left._low ? UInt128.One : UInt128.Zero;
        return new UInt256(checked(checked(left._high + right._high) + carry), low);
    }

    /// <exception cref="OverflowException">The difference is negative.</exception>
    public static UInt256 operator -(UInt256 left, UInt256 right)
    {
        UInt128 low = unchecked(left._low - right._low);
        UInt128 borrow = left._low < right._low ? UInt128.One : UInt128.Zero;
        return new UInt256(checked(checked(left._high - right._high) - borrow), low);
    }

    /// <exception cref="OverflowException">The product exceeds 256 bits.</exception>
    public static UInt256 operator *(UInt256 left, UInt256 right) =>
        FromBigInteger(left.ToBigInteger() * right.ToBigInteger());

    /// <exception cref="DivideByZeroException">The divisor is zero.</exception>
    public static UInt256 operator /(UInt256 left, UInt256 right) =>
        FromBigInteger(left.ToBigInteger() / right.ToBigInteger());

    public static bool operator ==(UInt256 left, UInt256 right) => left.Equals(right);

    public static bool operator !=(UInt256 left, UInt256 right) => !left.Equals(right);

    public static bool operator <(UInt256 left, UInt256 right) => left.CompareTo(right) < 0;

    public static bool operator >(UInt256 left, UInt256 right) => left.CompareTo(right) > 0;

    public static bool operator <=(UInt256 left, UInt256 right) => left.CompareTo(right) <= 0;

    public static bool operator >=(UInt256 left, UInt256 right) => left.CompareTo(right) >= 0;

    private static OverflowException TooLarge(int bits) =>
        new($"the number does not fit {bits} bits");
}
