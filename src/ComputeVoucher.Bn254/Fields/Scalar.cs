using System;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ComputeVoucher.Bn254;

/// <summary>A number below r, plain: a value of a wire, a public word, the factor of a point. Four
/// limbs, lowest first, as a .wtns file has it.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct Scalar
{
    /// <summary>Bytes of a word.</summary>
    public const int Size = 32;

    private readonly ulong _l0;
    private readonly ulong _l1;
    private readonly ulong _l2;
    private readonly ulong _l3;

    private Scalar(ulong l0, ulong l1, ulong l2, ulong l3) =>
        (_l0, _l1, _l2, _l3) = (l0, l1, l2, l3);

    /// <summary>The number's limbs, read as if they were Montgomery's form: a product with
    /// x · 2^256 is the number's product with x.</summary>
    internal Fr Limbs => new(_l0, _l1, _l2, _l3);

    internal bool IsZero => (_l0 | _l1 | _l2 | _l3) == 0;

    internal bool IsOne => _l0 == 1 && (_l1 | _l2 | _l3) == 0;

    /// <summary>Where limbs came from a file.</summary>
    internal bool IsReduced => Limbs.IsReduced;

    /// <summary>Every number below r alike: 254 bits, until they are below.</summary>
    /// <exception cref="ProofException">The source gives no such number.</exception>
    internal static Scalar Draw(RandomSource source)
    {
        // An honest source fails each attempt with 24 %; so many in a row, never.
        const int AttemptsMax = 256;
        const byte TopBits = 0x3f;
        Span<byte> bytes = stackalloc byte[Size];
        for (int i = 0; i < AttemptsMax; i++)
        {
            source(bytes);
            bytes[0] &= TopBits;
            if (TryRead(bytes, out Scalar drawn))
            {
                return drawn;
            }
        }

        throw new ProofException("the random source is broken: it gives no number below r");
    }

    /// <summary>The number that a residue stands for.</summary>
    internal static Scalar Of(in Fr residue)
    {
        Span<byte> bigEndian = stackalloc byte[Size];
        residue.Write(bigEndian);
        return Read(bigEndian);
    }

    internal Fr ToResidue() => Limbs * Fr.RadixSquared;

    /// <summary>32 big-endian bytes, as the chain writes a word.</summary>
    /// <returns>False where the number is not below r.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bigEndian, out Scalar value)
    {
        value = bigEndian.Length == Size ? Read(bigEndian) : default;
        return bigEndian.Length == Size && value.IsReduced;
    }

    /// <summary>Writes the number in 32 big-endian bytes.</summary>
    public void Write(Span<byte> bigEndian)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bigEndian[24..], _l0);
        BinaryPrimitives.WriteUInt64BigEndian(bigEndian[16..], _l1);
        BinaryPrimitives.WriteUInt64BigEndian(bigEndian[8..], _l2);
        BinaryPrimitives.WriteUInt64BigEndian(bigEndian, _l3);
    }

    /// <summary>As iden3's files have it.</summary>
    internal void WriteLittleEndian(Span<byte> littleEndian)
    {
        Write(littleEndian);
        littleEndian[..Size].Reverse();
    }

    /// <summary>Bits [from, from + count) as a number; bits above the 256th are zero.</summary>
    internal int Bits(int from, int count)
    {
        ulong low = Limb(from / 64) >> (from % 64);
        ulong high = from % 64 == 0 ? 0 : Limb((from / 64) + 1) << (64 - (from % 64));
        return (int)((low | high) & ((1UL << count) - 1));
    }

    private static Scalar Read(ReadOnlySpan<byte> bigEndian) => new(
        BinaryPrimitives.ReadUInt64BigEndian(bigEndian[24..]),
        BinaryPrimitives.ReadUInt64BigEndian(bigEndian[16..]),
        BinaryPrimitives.ReadUInt64BigEndian(bigEndian[8..]),
        BinaryPrimitives.ReadUInt64BigEndian(bigEndian));

    private ulong Limb(int index) => index switch
    {
        0 => _l0,
        1 => _l1,
        2 => _l2,
        3 => _l3,
        _ => 0,
    };
}
