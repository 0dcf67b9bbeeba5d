using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ComputeVoucher.Primitives;

/// <summary>
/// A recoverable secp256k1 signature in the 64 bytes of EIP-2098: r (32) ‖ (yParity « 255 | s)
/// (32), big endian. Any 64 bytes can be held; <see cref="IsCanonical"/> and
/// <see cref="Secp256k1.TryRecover"/> decide what counts.
/// </summary>
[InlineArray(Size)]
public struct Signature : IEquatable<Signature>
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 64;

    private byte _first;

    /// <summary>Copies exactly 64 bytes.</summary>
    /// <exception cref="ArgumentException">The span is not 64 bytes long.</exception>
    public Signature(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"{bytes.Length} bytes where 64 are wanted");
        }

        bytes.CopyTo(this);
    }

    /// <summary>Joins r, s (below 2^255) and the parity of the nonce point's y.</summary>
    /// <exception cref="ArgumentException">
    /// s has its highest bit set: there is no room for it.
    /// </exception>
    public Signature(in Bytes32 r, in Bytes32 s, bool yParity)
    {
        if (s[0] >= 0x80)
        {
            throw new ArgumentException("s is not below 2^255; a canonical s is at most n/2");
        }

        r.CopyTo(((Span<byte>)this)[..32]);
        s.CopyTo(((Span<byte>)this)[32..]);
        this[32] |= yParity ? (byte)0x80 : (byte)0;
    }

    /// <summary>The bytes in place; valid while the variable lives.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Span => MemoryMarshal.CreateReadOnlySpan(
        in Unsafe.As<Signature, byte>(ref Unsafe.AsRef(in this)), Size);

    public readonly Bytes32 R => new(Span[..32]);

    /// <summary>s without the parity bit.</summary>
    public readonly Bytes32 S
    {
        get
        {
            Bytes32 s = new(Span[32..]);
            s[0] &= 0x7F;
            return s;
        }
    }

    /// <summary>Whether the nonce point's y is odd; v is 27 + this in older encodings.</summary>
    public readonly bool YParity => this[32] >= 0x80;

    /// <summary>r in 1 … n − 1 and s in 1 … n/2: the only form that is ever accepted.</summary>
    public readonly bool IsCanonical
    {
        get
        {
            Bytes32 r = R;
            Bytes32 s = S;
            return !r.IsZero && r < CurveOrder.N && !s.IsZero && s <= CurveOrder.HalfN;
        }
    }

    public readonly void CopyTo(Span<byte> destination) => Span.CopyTo(destination);

    public readonly byte[] ToArray() => Span.ToArray();

    /// <summary>128 hex digits, with or without 0x.</summary>
    /// <exception cref="FormatException">Anything else.</exception>
    public static Signature Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out Signature value)
            ? value
            : throw new FormatException("not 128 hexadecimal digits");

    public static bool TryParse(ReadOnlySpan<char> text, out Signature value)
    {
        value = default;
        return Hex.TryDecode(text, (Span<byte>)value);
    }

    public readonly bool Equals(Signature other) => Span.SequenceEqual(other.Span);

    public override readonly bool Equals(object? obj) => obj is Signature other && Equals(other);

    public override readonly int GetHashCode() => MemoryMarshal.Read<int>(Span);

    /// <summary>0x and 128 lower-case digits.</summary>
    public override readonly string ToString() => Hex.Encode(Span);

    public static bool operator ==(Signature left, Signature right) => left.Equals(right);

    public static bool operator !=(Signature left, Signature right) => !left.Equals(right);
}
