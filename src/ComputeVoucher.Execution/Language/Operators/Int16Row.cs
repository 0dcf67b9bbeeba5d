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
    public static long Element(TraceReader reader, in TracePlace row, int index)
    {
        int head = row.Tensor == TraceTensor.Rope ? index / reader.Shape.HeadDim : 0;
        return Rounding.ToInt16(Wide(reader, row, index), reader.Exponent(row, head));
    }

    /// <summary>z, given the witness of the maximum.</summary>
    public static long Exponent(TraceReader reader, in TracePlace row, int head)
    {
        long witness = reader.Scalar(row, ScalarKind.RowWitness, head);
        return Rounding.Int16Exponent(Magnitude(
            reader, row, head, reader.Within(witness, Columns(reader, row))));
    }

    /// <summary>Elements under one exponent.</summary>
    public static int Columns(TraceReader reader, in TracePlace row) =>
        row.Tensor == TraceTensor.Rope ? reader.Shape.HeadDim : reader.Layout.Dims(row)[0];

    /// <summary>|n_i| of a head, which that of the witness must not be below.</summary>
    public static long Magnitude(TraceReader reader, in TracePlace row, int head, int index) =>
        Rounding.Magnitude(Wide(reader, row, head * reader.Shape.HeadDim + index));

    private static long Wide(TraceReader reader, in TracePlace row, int index) =>
        row.Tensor switch
        {
            TraceTensor.Rope => Rope.Wide(reader, row, index),
            TraceTensor.AttentionOutput => ValueMix.Wide(reader, row, index),
            TraceTensor.SwiGlu => SwiGlu.Wide(reader, row, index),
            _ => RmsNorm.Wide(reader, row, index),
        };
}
