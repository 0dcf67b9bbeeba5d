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

/// <summary>RMSNorm: statistics of a row of the residual stream, and the row normalized.</summary>
internal static class RmsNorm
{
    /// <summary>
    /// Columns of a committed partial sum of squares: 1,024 residual elements of 64 bits are 8 KiB.
    /// </summary>
    public const int SquareColumns = 1024;

    /// <summary>Partial sums of squares of a row.</summary>
    public static int SquareParts(int columns) => (columns + SquareColumns - 1) / SquareColumns;

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

        return Statistics(maxIndex, max, squares, x.Length, epsilonTerm, exponent);
    }

    /// <summary>
    /// norm: n_i = rs(rs(x_i, pre)·g_i·r, shift). Range: 25 + 16 + 17 bits.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Of(long x, int gain, in NormStatistics statistics) =>
        Rounding.Shift(
            Rounding.Shift(x, statistics.Pre) * gain * (long)statistics.Root, statistics.Shift);

    /// <summary>One element of the row in Q.16, given maximum, root and sums.</summary>
    public static long Wide(TraceReader reader, in TracePlace norm, int index)
    {
        long root = reader.Scalar(norm, ScalarKind.NormRoot);
        WeightId id = Gains(norm.Tensor);
        return Of(
            reader.Residual(norm, index), reader.Gain(id, norm.Layer, index),
            Statistics(reader, norm) with { Root = (ulong)reader.Within(root, int.MaxValue) });
    }

    /// <summary>max |x|, given its witness.</summary>
    public static long Max(TraceReader reader, in TracePlace norm)
    {
        long witness = reader.Scalar(norm, ScalarKind.NormWitness);
        return Rounding.Magnitude(
            reader.Residual(norm, reader.Within(witness, reader.Shape.Dim)));
    }

    /// <summary>Root and shifts, given maximum and sums; the witness is not looked at.</summary>
    public static NormStatistics Statistics(TraceReader reader, in TracePlace norm)
    {
        long squares = 0;
        for (int part = 0; part < SquareParts(reader.Shape.Dim); part++)
        {
            squares += Math.Clamp(reader.Scalar(norm, ScalarKind.NormSquares, part), 0, 1L << 44);
        }

        return Statistics(
            0, CommittedMax(reader, norm), squares, reader.Shape.Dim, reader.Model.EpsilonTerm,
            reader.Model.Kind(Gains(norm.Tensor), norm.Layer));
    }

    /// <summary>Σ u² over 1,024 columns, given the maximum.</summary>
    public static long SquarePart(TraceReader reader, in TracePlace norm, int part)
    {
        int s = Rounding.Int16Exponent(CommittedMax(reader, norm));
        int to = Math.Min((part + 1) * SquareColumns, reader.Shape.Dim);
        long sum = 0;
        for (int i = part * SquareColumns; i < to; i++)
        {
            sum += Square(reader.Residual(norm, i), s);
        }

        return sum;
    }

    private static long CommittedMax(TraceReader reader, in TracePlace norm) =>
        Math.Max(0, reader.Scalar(norm, ScalarKind.NormMax));

    private static WeightId Gains(TraceTensor norm) => norm switch
    {
        TraceTensor.AttentionNorm => WeightId.AttentionNorm,
        TraceTensor.FeedForwardNorm => WeightId.FeedForwardNorm,
        _ => WeightId.FinalNorm,
    };

    private static NormStatistics Statistics(
        int maxIndex, long max, long squares, int columns, long epsilonTerm, int exponent)
    {
        const int F = Rounding.FractionBits;
        int s = Rounding.Int16Exponent(max);
        long a = Math.Max(1, squares + (s > F ? 0 : epsilonTerm >> (2 * s)));
        int sh = EvenAtLeast(Rounding.BitLength(a) - 32);
        ulong scaled = sh >= 0 ? (ulong)a >> sh : (ulong)a << -sh;
        int k = (62 - Rounding.BitLength(columns - 1)) & ~1;
        ulong root = Rounding.SquareRoot(((ulong)columns << k) / scaled);
        int pre = Math.Max(0, Rounding.BitLength(max) - 24);
        return new NormStatistics(
            maxIndex, max, root, exponent + k / 2 + sh / 2 + s - pre - F, pre);
    }

    private static long Squares(ReadOnlySpan<long> x, int s)
    {
        long sum = 0;
        foreach (long v in x)
        {
            sum += Square(v, s);
        }

        return sum;
    }

    private static long Square(long x, int s)
    {
        long u = Math.Min(Rounding.Int16Max, Rounding.Shift(Math.Abs(x), s));
        return u * u;
    }

    private static int EvenAtLeast(int value) => value + (value & 1);
}
