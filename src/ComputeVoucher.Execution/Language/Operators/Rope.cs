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
    public static long Wide<T>(TraceReader<T> reader, int position, int layer, int index)
        where T : struct, ITraceSource
    {
        LlamaShape shape = reader.Shape;
        if (index >= shape.QueryDim + shape.KvDim)
        {
            return reader.Get(TraceTensor.Qkv, position, layer, index);
        }

        long a = reader.Get(TraceTensor.Qkv, position, layer, index & ~1);
        long b = reader.Get(TraceTensor.Qkv, position, layer, index | 1);
        int c = reader.Rotary(position, (index & ~1) % shape.HeadDim);
        int s = reader.Rotary(position, (index | 1) % shape.HeadDim);
        return (index & 1) == 0 ? First(a, b, c, s) : Second(a, b, c, s);
    }

    private static long First(long a, long b, long c, long s) => Rounding.Shift(a * c - b * s, 15);

    private static long Second(long a, long b, long c, long s) => Rounding.Shift(a * s + b * c, 15);
}
