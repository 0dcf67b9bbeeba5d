using System;

namespace ComputeVoucher.Execution.Language;

/// <summary>An int16 row's exponent and the lowest index that attains the maximum.</summary>
internal readonly record struct Exponent(int Index, int Z);

/// <summary>Rows in Q.16 as the products read them: int16 with one exponent.</summary>
internal static class Int16Row
{
    /// <summary>
    /// to int16: z = max(0, bl(max|n|) − 15); q_i = clamp(rs(n_i, z), ±32767). The clamp only
    /// meets the maximum that rounds up to 2^15.
    /// </summary>
    public static Exponent Of(ReadOnlySpan<long> wide, Span<short> narrow)
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

    /// <summary>q_i, given z.</summary>
    public static long Element<T>(
        TraceReader<T> reader, TraceTensor row, int position, int layer, int index)
        where T : struct, ITraceSource
    {
        int head = row == TraceTensor.Rope ? index / reader.Shape.HeadDim : 0;
        return Rounding.ToInt16(
            Wide(reader, row, position, layer, index),
            reader.Exponent(row, position, layer, head));
    }

    /// <summary>z, given the witness of the maximum.</summary>
    public static long Exponent<T>(
        TraceReader<T> reader, TraceTensor row, int position, int layer, int head)
        where T : struct, ITraceSource
    {
        int columns = row == TraceTensor.Rope
            ? reader.Shape.HeadDim : reader.Layout.Dims(row, position)[0];
        int witness = reader.Within(
            reader.Scalar(row, position, layer, reader.Layout.Exponent(row, head)), columns);
        return Rounding.Int16Exponent(Magnitude(reader, row, position, layer, head, witness));
    }

    /// <summary>|n_i| of a head, which the witness's must not be below.</summary>
    public static long Magnitude<T>(
        TraceReader<T> reader, TraceTensor row, int position, int layer, int head, int index)
        where T : struct, ITraceSource => Rounding.Magnitude(
            Wide(reader, row, position, layer, head * reader.Shape.HeadDim + index));

    private static long Wide<T>(
        TraceReader<T> reader, TraceTensor row, int position, int layer, int index)
        where T : struct, ITraceSource => row switch
        {
            TraceTensor.Rope => Rope.Wide(reader, position, layer, index),
            TraceTensor.AttentionOutput => ValueMix.Wide(reader, position, layer, index),
            TraceTensor.SwiGlu => SwiGlu.Wide(reader, position, layer, index),
            _ => RmsNorm.Wide(reader, row, position, layer, index),
        };
}
