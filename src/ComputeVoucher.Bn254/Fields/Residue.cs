using System;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ComputeVoucher.Bn254;

/// <summary>
/// A residue modulo a prime in Montgomery's form, x · 2^256, four limbs, lowest first, always below
/// the prime. It lies in memory as the points of a .zkey file do.
/// </summary>
/// <remarks>Not constant in time: what it computes on is a witness on the prover's own machine.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal readonly partial struct Residue<TPrime> : IField<Residue<TPrime>>
    where TPrime : struct, IPrime
{
    /// <summary>Bytes of one element.</summary>
    public const int Size = 32;

    private readonly ulong _l0;
    private readonly ulong _l1;
    private readonly ulong _l2;
    private readonly ulong _l3;

    /// <summary>From limbs that are in Montgomery's form already.</summary>
    public Residue(ulong l0, ulong l1, ulong l2, ulong l3) =>
        (_l0, _l1, _l2, _l3) = (l0, l1, l2, l3);

    public static Residue<TPrime> One => new(
        TPrime.Radix.L0, TPrime.Radix.L1, TPrime.Radix.L2, TPrime.Radix.L3);

    /// <summary>3, for G1; the twist's is in <see cref="Fp2"/>.</summary>
    public static Residue<TPrime> CurveConstant => FromInteger(3);

    public bool IsReduced => Borrows(_l0, _l1, _l2, _l3) != 0;

    public bool IsZero => (_l0 | _l1 | _l2 | _l3) == 0;

    /// <summary>The factor that brings a plain number into Montgomery's form.</summary>
    internal static Residue<TPrime> RadixSquared => new(TPrime.RadixSquared.L0,
        TPrime.RadixSquared.L1, TPrime.RadixSquared.L2, TPrime.RadixSquared.L3);

    public static Residue<TPrime> FromInteger(ulong value) =>
        new Residue<TPrime>(value, 0, 0, 0) * RadixSquared;

    /// <summary>32 big-endian bytes, as the chain writes a coordinate.</summary>
    /// <returns>False where the number is not below the prime.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bigEndian, out Residue<TPrime> value)
    {
        Residue<TPrime> plain = new(
            BinaryPrimitives.ReadUInt64BigEndian(bigEndian[24..]),
            BinaryPrimitives.ReadUInt64BigEndian(bigEndian[16..]),
            BinaryPrimitives.ReadUInt64BigEndian(bigEndian[8..]),
            BinaryPrimitives.ReadUInt64BigEndian(bigEndian));
        value = plain.IsReduced ? plain * RadixSquared : default;
        return plain.IsReduced;
    }

    /// <summary>The number itself in 32 big-endian bytes.</summary>
    public void Write(Span<byte> bigEndian)
    {
        Residue<TPrime> plain = this * new Residue<TPrime>(1, 0, 0, 0);
        BinaryPrimitives.WriteUInt64BigEndian(bigEndian[24..], plain._l0);
        BinaryPrimitives.WriteUInt64BigEndian(bigEndian[16..], plain._l1);
        BinaryPrimitives.WriteUInt64BigEndian(bigEndian[8..], plain._l2);
        BinaryPrimitives.WriteUInt64BigEndian(bigEndian, plain._l3);
    }

    public bool IsEqual(in Residue<TPrime> other) =>
        ((_l0 ^ other._l0) | (_l1 ^ other._l1) | (_l2 ^ other._l2) | (_l3 ^ other._l3)) == 0;

    public static Residue<TPrime> operator +(
        in Residue<TPrime> left, in Residue<TPrime> right)
    {
        // Both are below 2^254, so nothing is carried out of the fourth limb.
        ulong carry = 0;
        ulong l0 = Add(left._l0, right._l0, ref carry);
        ulong l1 = Add(left._l1, right._l1, ref carry);
        ulong l2 = Add(left._l2, right._l2, ref carry);
        ulong l3 = Add(left._l3, right._l3, ref carry);
        return Reduce(l0, l1, l2, l3);
    }

    public static Residue<TPrime> operator -(
        in Residue<TPrime> left, in Residue<TPrime> right)
    {
        ulong borrow = 0;
        ulong l0 = Subtract(left._l0, right._l0, ref borrow);
        ulong l1 = Subtract(left._l1, right._l1, ref borrow);
        ulong l2 = Subtract(left._l2, right._l2, ref borrow);
        ulong l3 = Subtract(left._l3, right._l3, ref borrow);
        ulong mask = 0 - borrow;
        ulong carry = 0;
        l0 = Add(l0, TPrime.Limb0 & mask, ref carry);
        l1 = Add(l1, TPrime.Limb1 & mask, ref carry);
        l2 = Add(l2, TPrime.Limb2 & mask, ref carry);
        l3 = Add(l3, TPrime.Limb3 & mask, ref carry);
        return new Residue<TPrime>(l0, l1, l2, l3);
    }

    /// <summary>Montgomery's product, operand scanning, in four rounds. The prime's top limb is
    /// below 2^62, so both carries of a round fit one limb (gnark's "no carry").</summary>
    public static Residue<TPrime> operator *(
        in Residue<TPrime> left, in Residue<TPrime> right)
    {
        ulong t0 = 0, t1 = 0, t2 = 0, t3 = 0;
        Round(left, right._l0, ref t0, ref t1, ref t2, ref t3);
        Round(left, right._l1, ref t0, ref t1, ref t2, ref t3);
        Round(left, right._l2, ref t0, ref t1, ref t2, ref t3);
        Round(left, right._l3, ref t0, ref t1, ref t2, ref t3);
        return Reduce(t0, t1, t2, t3);
    }

    public Residue<TPrime> Square() => this * this;

    /// <summary>t = (t + left · digit + m · prime) / 2^64, with the m that makes it divide.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(in Residue<TPrime> left, ulong digit,
        ref ulong t0, ref ulong t1, ref ulong t2, ref ulong t3)
    {
        ulong product = 0;
        ulong fold = 0;
        ulong low = MultiplyAdd(left._l0, digit, t0, ref product);
        ulong m = low * TPrime.Inverse;
        _ = MultiplyAdd(m, TPrime.Limb0, low, ref fold);
        low = MultiplyAdd(left._l1, digit, t1, ref product);
        t0 = MultiplyAdd(m, TPrime.Limb1, low, ref fold);
        low = MultiplyAdd(left._l2, digit, t2, ref product);
        t1 = MultiplyAdd(m, TPrime.Limb2, low, ref fold);
        low = MultiplyAdd(left._l3, digit, t3, ref product);
        t2 = MultiplyAdd(m, TPrime.Limb3, low, ref fold);
        t3 = product + fold;
    }

    /// <summary>left · right + add + carry, the upper half of which is the next carry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong MultiplyAdd(ulong left, ulong right, ulong add, ref ulong carry)
    {
        // One mulx here; a path of its own for BMI2 gained nothing (33 against 36 ns a product).
        ulong high = Math.BigMul(left, right, out ulong low);
        low += add;
        high += low < add ? 1UL : 0UL;
        low += carry;
        high += low < carry ? 1UL : 0UL;
        carry = high;
        return low;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Add(ulong left, ulong right, ref ulong carry)
    {
        ulong sum = left + right;
        ulong carried = sum < left ? 1UL : 0UL;
        sum += carry;
        carry = carried + (sum < carry ? 1UL : 0UL);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Subtract(ulong left, ulong right, ref ulong borrow)
    {
        ulong difference = left - right;
        ulong borrowed = left < right ? 1UL : 0UL;
        ulong result = difference - borrow;
        borrow = borrowed + (difference < borrow ? 1UL : 0UL);
        return result;
    }

    /// <summary>Of a number below twice the prime.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Residue<TPrime> Reduce(ulong l0, ulong l1, ulong l2, ulong l3)
    {
        ulong borrow = 0;
        ulong d0 = Subtract(l0, TPrime.Limb0, ref borrow);
        ulong d1 = Subtract(l1, TPrime.Limb1, ref borrow);
        ulong d2 = Subtract(l2, TPrime.Limb2, ref borrow);
        ulong d3 = Subtract(l3, TPrime.Limb3, ref borrow);
        ulong keep = 0 - borrow;
        return new Residue<TPrime>((l0 & keep) | (d0 & ~keep), (l1 & keep) | (d1 & ~keep),
            (l2 & keep) | (d2 & ~keep), (l3 & keep) | (d3 & ~keep));
    }

    /// <summary>1 where the number is below the prime, else 0.</summary>
    private static ulong Borrows(ulong l0, ulong l1, ulong l2, ulong l3)
    {
        ulong borrow = 0;
        _ = Subtract(l0, TPrime.Limb0, ref borrow);
        _ = Subtract(l1, TPrime.Limb1, ref borrow);
        _ = Subtract(l2, TPrime.Limb2, ref borrow);
        _ = Subtract(l3, TPrime.Limb3, ref borrow);
        return borrow;
    }
}
