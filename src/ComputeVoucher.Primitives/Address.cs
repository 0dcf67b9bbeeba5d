using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ComputeVoucher.Primitives;

/// <summary>
/// An Ethereum address: the last 20 bytes of keccak256 of an uncompressed public key.
/// </summary>
[InlineArray(Size)]
public struct Address : IEquatable<Address>
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 20;

    private byte _first;

    /// <summary>Copies exactly 20 bytes.</summary>
    /// <exception cref="ArgumentException">The span is not 20 bytes long.</exception>
    public Address(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"{bytes.Length} bytes where 20 are wanted");
        }

        bytes.CopyTo(this);
    }

    public static Address Zero => default;

    public readonly bool IsZero => this == default;

    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Span =>
        MemoryMarshal.CreateReadOnlySpan(
            in Unsafe.As<Address, byte>(ref Unsafe.AsRef(in this)), Size);

    public readonly void CopyTo(Span<byte> destination) => Span.CopyTo(destination);

    public readonly byte[] ToArray() => Span.ToArray();

    /// <summary>40 hex digits; mixed case must carry a right EIP-55 checksum.</summary>
    /// <exception cref="FormatException">Anything else.</exception>
    public static Address Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out Address value)
            ? value
            : throw new FormatException("not an address: 40 hexadecimal digits, checksum right");

    public static bool TryParse(ReadOnlySpan<char> text, out Address value)
    {
        value = default;
        if (!Hex.TryDecode(text, (Span<byte>)value))
        {
            return false;
        }

        ReadOnlySpan<char> digits = text[^40..];
        bool mixed = digits.ContainsAnyInRange('a', 'f') && digits.ContainsAnyInRange('A', 'F');
        return !mixed || digits.SequenceEqual(value.ToString().AsSpan(2));
    }

    public readonly bool Equals(Address other) => Span.SequenceEqual(other.Span);

    public override readonly bool Equals(object? obj) => obj is Address other && Equals(other);

    public override readonly int GetHashCode() => MemoryMarshal.Read<int>(Span);

    /// <summary>0x and 40 digits in the mixed case of EIP-55.</summary>
    public override readonly string ToString()
    {
        Span<char> digits = stackalloc char[40];
        Span<byte> ascii = stackalloc byte[40];
        Convert.TryToHexStringLower(Span, digits, out _);
        for (int i = 0; i < 40; i++)
        {
            ascii[i] = (byte)digits[i];
        }

        Bytes32 hash = Keccak256.Hash(ascii);
        for (int i = 0; i < 40; i++)
        {
            int nibble = i % 2 == 0 ? hash[i / 2] >> 4 : hash[i / 2] & 15;
            digits[i] = nibble >= 8 ? char.ToUpperInvariant(digits[i]) : digits[i];
        }

        return "0x" + new string(digits);
    }

    public static bool operator ==(Address left, Address right) => left.Equals(right);

    public static bool operator !=(Address left, Address right) => !left.Equals(right);
}
