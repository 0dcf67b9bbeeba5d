using System;
using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// The one rounding rule and the integer functions that every operator is made of.
/// </summary>
internal static class Rounding
{
    /// <summary>Fraction bits of the residual stream and of every activation row (Q.16).</summary>
    public const int FractionBits = 16;

    /// <summary>Largest magnitude of an int16 activation; -32,768 never appears.</summary>
    public const int Int16Max = 32_767;

    /// <summary>
    /// rs(x, s) = floor((x + 2^(s-1)) / 2^s) for s &gt; 0, x·2^(-s) otherwise: divide by a power of
    /// two, halves up. Range: |x| &lt; 2^62; a result of s &lt; 0 must fit too (import bounds).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Shift(long x, int s)
    {
        if (s <= 0)
        {
            return x << Math.Min(-s, 63);
        }

        // Beyond 62 the quotient of |x| < 2^62 rounds to 0, with -2^62 / 2^63 = -1/2 up to 0.
        return s > 62 ? 0 : (x + (1L << (s - 1))) >> s;
    }

    /// <summary>|x|, of -2^63 too, which only a false trace leads to.</summary>
    public static long Magnitude(long x) => Math.Abs(Math.Max(x, -long.MaxValue));

    /// <summary>Bit length of |x|: 0 for 0, 1 for 1, 15 for 32,767.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int BitLength(long magnitude)
    {
        Debug.Assert(magnitude >= 0);
        return 64 - BitOperations.LeadingZeroCount((ulong)magnitude);
    }

    /// <summary>Exponent z of the int16 form: the least with |max|·2^-z below 2^15.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Int16Exponent(long max) => Math.Max(0, BitLength(max) - 15);

    /// <summary>clamp(rs(n, z), ±32,767): the int16 form of one element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static short ToInt16(long n, int z) =>
        (short)Math.Clamp(Shift(n, z), -Int16Max, Int16Max);

    /// <summary>r with r² ≤ q &lt; (r+1)²; q &lt; 2^62.</summary>
    public static ulong SquareRoot(ulong q)
    {
        // Bit by bit: 31 steps of integer arithmetic, no float to argue about.
        ulong root = 0;
        for (ulong bit = 1UL << 31; bit != 0; bit >>= 1)
        {
            ulong candidate = root | bit;
            if (candidate * candidate <= q)
            {
                root = candidate;
            }
        }

        return root;
    }
}
