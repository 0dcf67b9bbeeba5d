using System;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// Constants of the protocol, computed by integer arithmetic alone (no libm), once at start:
/// every entry is the correctly rounded value, its distance to a rounding tie being above 1e-4
/// (measured) and the error here below 2^-40. A test pins the SHA-256 of both tables.
/// </summary>
internal static class Tables
{
    /// <summary>Entries of the exp table: the fraction 1/1,024 of the log2 domain.</summary>
    public const int ExpEntries = 1 << ScoreFractionBits;

    /// <summary>Fraction bits of a score in the log2 domain (Q.10).</summary>
    public const int ScoreFractionBits = 10;

    /// <summary>Steps of 1/64 from 0 to 16 in the sigmoid table.</summary>
    public const int SigmoidSteps = 1024;

    private const int Bits = 60;
    private const ulong One = 1UL << Bits;

    private static readonly short[] s_exp = BuildExp();
    private static readonly int[] s_sigmoid = BuildSigmoid();

    /// <summary>T[i] = round(32767·2^(-i/1024)), i &lt; 1024.</summary>
    public static ReadOnlySpan<short> Exp => s_exp;

    /// <summary>G[i] = round(65536/(1+e^(-i/64))), i ≤ 1024.</summary>
    public static ReadOnlySpan<int> Sigmoid => s_sigmoid;

    private static short[] BuildExp()
    {
        // 2^(-1/1024) in Q.60 by ten square roots of 1/2, then its powers.
        UInt128 step = One >> 1;
        for (int i = 0; i < ScoreFractionBits; i++)
        {
            step = SquareRoot(step << Bits);
        }

        short[] table = new short[ExpEntries];
        UInt128 power = One;
        for (int i = 0; i < table.Length; i++)
        {
            table[i] = (short)(int)((Rounding.Int16Max * power + (One >> 1)) >> Bits);
            power = power * step >> Bits;
        }

        return table;
    }

    private static int[] BuildSigmoid()
    {
        // e^(-1/64) in Q.60 by its alternating series: terms 1/(64^k k!) vanish after k = 9.
        UInt128 step = 0;
        UInt128 term = One;
        for (uint k = 0; term != 0; term = term / (64 * ++k))
        {
            step = (k & 1) == 0 ? step + term : step - term;
        }

        int[] table = new int[SigmoidSteps + 1];
        UInt128 power = One;
        for (int i = 0; i < table.Length; i++)
        {
            UInt128 sum = One + power;
            table[i] = (int)((((UInt128)65_536 << (Bits + 1)) / sum + 1) >> 1);
            power = power * step >> Bits;
        }

        return table;
    }

    private static UInt128 SquareRoot(UInt128 square)
    {
        UInt128 root = 0;
        for (UInt128 bit = (UInt128)1 << 63; bit != 0; bit >>= 1)
        {
            UInt128 candidate = root | bit;
            if (candidate <= square / candidate)
            {
                root = candidate;
            }
        }

        return root;
    }
}
