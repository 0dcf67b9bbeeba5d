using System;

namespace ComputeVoucher.Execution.Language;

/// <summary>Rotary positions.</summary>
internal static class Rope
{
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
            rotated[i] = First(rows[i], rows[i + 1], turn[i], turn[i + 1]);
            rotated[i + 1] = Second(rows[i], rows[i + 1], turn[i], turn[i + 1]);
        }
    }

    /// <summary>An element of q ‖ k ‖ v in Q.16: queries and keys rotated, values as they
    /// are.</summary>
    public static long Wide(TraceReader reader, in TracePlace at, int index)
    {
        LlamaShape shape = reader.Shape;
        TracePlace rows = at.Of(TraceTensor.Qkv);
        if (index >= shape.QueryDim + shape.KvDim)
        {
            return reader.Get(rows, index);
        }

        int pair = index & ~1;
        long a = reader.Get(rows, pair);
        long b = reader.Get(rows, pair + 1);
        int c = reader.Rotary(at.Position, pair % shape.HeadDim);
        int s = reader.Rotary(at.Position, pair % shape.HeadDim + 1);
        return index == pair ? First(a, b, c, s) : Second(a, b, c, s);
    }

    private static long First(long a, long b, long c, long s) => Rounding.Shift(a * c - b * s, 15);

    private static long Second(long a, long b, long c, long s) => Rounding.Shift(a * s + b * c, 15);
}
