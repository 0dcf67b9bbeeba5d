using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ComputeVoucher.Primitives;

/// <summary>32 bytes by value: a hash, a root, an order of bytes never reversed.</summary>
[InlineArray(Size)]
public struct Bytes32 : IEquatable<Bytes32>, IComparable<Bytes32>
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 32;

    private byte _first;

    /// <summary>Copies exactly 32 bytes.</summary>
    /// <exception cref="ArgumentException">The span is not 32 bytes long.</exception>
    public Bytes32(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"{bytes.Length} bytes where 32 are wanted");
        }

        bytes.CopyTo(this);
    }

    /// <summary>32 zero bytes: the missing child of a tree, the absent root of a receipt.</summary>
    public static Bytes32 Zero => default;

    public readonly bool IsZero => this == default;

    /// <summary>The bytes in place; valid while the variable lives.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Span =>
        MemoryMarshal.CreateReadOnlySpan(
            in Unsafe.As<Bytes32, byte>(ref Unsafe.AsRef(in this)), Size);

    public readonly void CopyTo(Span<byte> destination) => Span.CopyTo(destination);

    public readonly byte[] ToArray() => Span.ToArray();

    /// <summary>64 hex digits, with or without 0x.</summary>
    /// <exception cref="FormatException">Anything else.</exception>
    public static Bytes32 Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out Bytes32 value)
            ? value
            : throw new FormatException("not 64 hexadecimal digits");

    public static bool TryParse(ReadOnlySpan<char> text, out Bytes32 value)
    {
        value = default;
        return Hex.TryDecode(text, (Span<byte>)value);
    }

    public readonly bool Equals(Bytes32 other) => Span.SequenceEqual(other.Span);

    public override readonly bool Equals(object? obj) => obj is Bytes32 other && Equals(other);

    public override readonly int GetHashCode() => MemoryMarshal.Read<int>(Span);

    public readonly int CompareTo(Bytes32 other) => Span.SequenceCompareTo(other.Span);

    /// <summary>0x and 64 lower-case digits.</summary>
    public override readonly string ToString() => Hex.Encode(Span);

    public static bool operator ==(Bytes32 left, Bytes32 right) => left.Equals(right);

    public static bool operator !=(Bytes32 left, Bytes32 right) => !left.Equals(right);

    public static bool operator <(Bytes32 left, Bytes32 right) => left.CompareTo(right) < 0;

    public static bool operator >(Bytes32 left, Bytes32 right) => left.CompareTo(right) > 0;

    public static bool operator <=(Bytes32 left, Bytes32 right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Bytes32 left, Bytes32 right) => left.CompareTo(right) >= 0;
}
