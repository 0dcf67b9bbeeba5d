using System;
using System.Runtime.CompilerServices;

namespace ComputeVoucher.Execution.Language;

/// <summary>What RMSNorm has to say beside its output; committed with the layer.</summary>
/// <param name="MaxIndex">Lowest index that attains <paramref name="Max"/>: its witness.</param>
/// <param name="Max">max |x_i|.</param>
/// <param name="Root">r, the integer reciprocal root.</param>
/// <param name="Shift">Right shift that brings rs(x, Pre)·g·r to Q.16.</param>
/// <param name="Pre">Shift that brings x to 24 bits first.</param>
internal readonly record struct NormStatistics(
    int MaxIndex, long Max, ulong Root, int Shift, int Pre);

/// <summary>An int16 row's exponent and the lowest index that attains the maximum.</summary>
internal readonly record struct Exponent(int Index, int Z);

/// <summary>
/// The definitions of all operators but the products (see MatrixRow, Attention): integers only,
/// rs and bl as in <see cref="Rounding"/>, every real number in Q.16 unless said otherwise.
/// </summary>
internal static class Definitions
{
    /// <summary>
    /// Columns of a committed partial sum of squares: 1,024 residual elements of 64 bits are 8 KiB.
    /// </summary>
    public const int SquareColumns = 1024;

    /// <summary>Partial sums of squares of a row.</summary>
    public static int SquareParts(int columns) => (columns + SquareColumns - 1) / SquareColumns;

    /// <summary>
    /// embed: x_i = rs(S·q − M, 24 − 16): the weight, exact in units of 2^-24, to Q.16.
    /// Range: |S·q − M| &lt; 2^32, so x is below 2^24.
    /// </summary>
    public static long Embed(long exact) => Rounding.Shift(exact, 24 - Rounding.FractionBits);

    /// <summary>
    /// norm statistics and reciprocal root. M = max|x|; s = max(0, bl(M) − 15);
    /// u_i = min(32767, rs(|x_i|, s)); A = max(1, Σu² + floor(N·eps·2^(2(16−s))));
    /// sh = least even ≥ bl(A) − 32; a = A·2^-sh in [2^30, 2^32); k = largest even ≤ 62 − bl(N−1);
    /// Q = floor(N·2^k / a); r² ≤ Q &lt; (r+1)²; 1/rms = r·2^(−k/2 − sh/2 + 16 − s).
    /// </summary>
    /// <param name="x">[N], |x| &lt; 2^62, N ≤ 16,384: Σu² stays below 2^44.</param>
    /// <param name="epsilonTerm">floor(N·eps·2^32); floor of floor makes the shift exact.</param>
    /// <param name="exponent">Exponent of the gains.</param>
    /// <param name="partial">[ceil(N / 1024)]: sums of u² over 1,024 columns.</param>
    public static NormStatistics Statistics(
        ReadOnlySpan<long> x, long epsilonTerm, int exponent, Span<long> partial)
    {
        const int F = Rounding.FractionBits;
        long max = 0;
        int maxIndex = 0;
        for (int i = 0; i < x.Length; i++)
        {
            long magnitude = Math.Abs(x[i]);
            if (magnitude > max)
            {
                max = magnitude;
                maxIndex = i;
            }
        }

        int s = Rounding.Int16Exponent(max);
        long squares = 0;
        for (int p = 0; p < partial.Length; p++)
        {
            ReadOnlySpan<long> part = x[(p * SquareColumns)..];
            partial[p] = Squares(part[..Math.Min(part.Length, SquareColumns)], s);
            squares += partial[p];
        }

        long a = Math.Max(1, squares + (s > F ? 0 : epsilonTerm >> (2 * s)));
        int sh = EvenAtLeast(Rounding.BitLength(a) - 32);
        ulong scaled = sh >= 0 ? (ulong)a >> sh : (ulong)a << -sh;
        int k = (62 - Rounding.BitLength(x.Length - 1)) & ~1;
        ulong root = Rounding.SquareRoot(((ulong)x.Length << k) / scaled);
        int pre = Math.Max(0, Rounding.BitLength(max) - 24);
        return new NormStatistics(
            maxIndex, max, root, exponent + k / 2 + sh / 2 + s - pre - F, pre);
    }

    /// <summary>
    /// norm: n_i = rs(rs(x_i, pre)·g_i·r, shift). Range: 25 + 16 + 17 bits.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Norm(long x, int gain, in NormStatistics statistics) =>
        Rounding.Shift(
            Rounding.Shift(x, statistics.Pre) * gain * (long)statistics.Root, statistics.Shift);

    /// <summary>
    /// to int16: z = max(0, bl(max|n|) − 15); q_i = clamp(rs(n_i, z), ±32767). The clamp only
    /// meets the maximum that rounds up to 2^15.
    /// </summary>
    public static Exponent ToInt16(ReadOnlySpan<long> wide, Span<short> narrow)
    {
        long max = 0;
        int index = 0;
        for (int i = 0; i < wide.Length; i++)
        {
            long magnitude = Math.Abs(wide[i]);
            if (magnitude > max)
            {
                max = magnitude;
                index = i;
            }
        }

        int z = Rounding.Int16Exponent(max);
        for (int i = 0; i < wide.Length; i++)
        {
            narrow[i] = Rounding.ToInt16(wide[i], z);
        }

        return new Exponent(index, z);
    }

    /// <summary>
    /// RoPE on pairs of neighbours: (a, b) → (rs(a·c − b·s, 15), rs(a·s + b·c, 15)), c and s in
    /// Q.15. Range: import bounds a rotated element below 2^31.
    /// </summary>
    /// <param name="rows">[HeadDim] of one head.</param>
    /// <param name="turn">[HeadDim]: c and s of each pair at this position.</param>
    /// <param name="rotated">[HeadDim].</param>
    public static void Rotate(ReadOnlySpan<int> rows, ReadOnlySpan<int> turn, Span<long> rotated)
    {
        for (int i = 0; i < rows.Length; i += 2)
        {
            long a = rows[i];
            long b = rows[i + 1];
            long c = turn[i];
            long s = turn[i + 1];
            rotated[i] = Rounding.Shift(a * c - b * s, 15);
            rotated[i + 1] = Rounding.Shift(a * s + b * c, 15);
        }
    }

    /// <summary>
    /// score in the log2 domain, Q.10: rs(Cq·Σ q·k, Cb + 32 − zq − zk − 10). Range: the sum is
    /// below 2^38, Cq at most 2^15; import bounds the result below 2^30.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Score(long dot, int multiplier, int shift, int zq, int zk) =>
        (int)Rounding.Shift(
            multiplier * dot,
            shift + 2 * Rounding.FractionBits - zq - zk - Tables.ScoreFractionBits);

    /// <summary>
    /// exp: e = 0 where d / 1024 &gt; 15, else rs(T[d mod 1024], d / 1024), for d = max − score.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Exp(long d)
    {
        int whole = (int)Math.Min(d >> Tables.ScoreFractionBits, 16);
        return whole > 15
            ? 0
            : (int)Rounding.Shift(Tables.Exp[(int)d & (Tables.ExpEntries - 1)], whole);
    }

    /// <summary>
    /// attention output: o = floor((2X + D) / (2D)), X = Σ (e_t·2^zv_t)·v_t, D = Σ e_t &gt; 0:
    /// the quotient to the nearest, halves up. Range: |X| &lt; 2^61.
    /// </summary>
    public static long Divide(long x, long d)
    {
        long numerator = 2 * x + d;
        long denominator = 2 * d;
        long quotient = numerator / denominator;
        return numerator % denominator < 0 ? quotient - 1 : quotient;
    }

    /// <summary>
    /// SwiGLU: sigmoid of |a| by the table, linear between its steps of 1/64, 1 from 16 on;
    /// mirrored for a &lt; 0; h = rs(rs(a·sg, 16)·b, 16). Range: 32 + 17 bits, then 62 bits.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long SwiGlu(int a, int b)
    {
        ReadOnlySpan<int> table = Tables.Sigmoid;
        long u = Math.Abs((long)a);
        int step = (int)(u >> 10);
        long sigmoid = step >= Tables.SigmoidSteps
            ? 65_536
            : table[step] + (((table[step + 1] - table[step]) * (u & 1023)) >> 10);
        if (a < 0)
        {
            sigmoid = 65_536 - sigmoid;
        }

        return Rounding.Shift(
            Rounding.Shift(a * sigmoid, Rounding.FractionBits) * b, Rounding.FractionBits);
    }

    private static long Squares(ReadOnlySpan<long> x, int s)
    {
        long sum = 0;
        foreach (long v in x)
        {
            long u = Math.Min(Rounding.Int16Max, Rounding.Shift(Math.Abs(v), s));
            sum += u * u;
        }

        return sum;
    }

    private static int EvenAtLeast(int value) => value + (value & 1);
}
