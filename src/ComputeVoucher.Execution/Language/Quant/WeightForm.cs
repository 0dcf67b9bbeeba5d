using System;
using System.Buffers.Binary;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// Exact integer form of a weight matrix: weight · 2^24 = S·q − M, with S and M per row and group
/// of columns, |S|, |M| &lt; 2^24. Every fp16 number is a multiple of 2^-24, so nothing is rounded.
/// </summary>
internal enum WeightForm : byte
{
    /// <summary>Q8_0: q int8, groups of 32, M = 0.</summary>
    Int8 = 1,

    /// <summary>Q4_0: q = nibble − 8, groups of 32, M = 0.</summary>
    Int4 = 2,

    /// <summary>
    /// Q4_K: q = nibble, groups of 32, S = d·sc, M = dmin·m with 6-bit sc and m: both exact.
    /// </summary>
    Int4Offset = 3,

    /// <summary>Q6_K: q in −32 … 31 stored as int8, groups of 16, S = d·sc with int8 sc.</summary>
    Int8Half = 4,
}

/// <summary>Sizes that follow from the form.</summary>
internal static class WeightForms
{
    /// <summary>Columns of a packed block; the last block of a row is padded with zeros.</summary>
    public const int BlockColumns = 32;

    /// <summary>Rows of a packed block; the last rows are padded with zeros.</summary>
    public const int BlockRows = 8;

    /// <summary>Columns that share one scale.</summary>
    public static int GroupColumns(WeightForm form) => form == WeightForm.Int8Half ? 16 : 32;

    /// <summary>Bytes of 32 weights of one row, without scales.</summary>
    public static int QuantBytes(WeightForm form) =>
        form is WeightForm.Int4 or WeightForm.Int4Offset ? 16 : 32;

    /// <summary>int32 scales and offsets of 32 weights of one row.</summary>
    public static int Scales(WeightForm form) =>
        form is WeightForm.Int4Offset or WeightForm.Int8Half ? 2 : 1;

    /// <summary>
    /// Bytes of 32 weights of one row with their scales: the unit of the artifact.
    /// </summary>
    public static int CellBytes(WeightForm form) => QuantBytes(form) + 4 * Scales(form);

    /// <summary>weight · 2^24 of a column of a cell of a row's bytes.</summary>
    public static long Exact(WeightForm form, ReadOnlySpan<byte> cell, int column)
    {
        ReadOnlySpan<byte> quants = cell[^QuantBytes(form)..];
        int set = form == WeightForm.Int8Half && column >= 16 ? 4 : 0;
        long scale = BinaryPrimitives.ReadInt32LittleEndian(cell[set..]);
        int nibble = (quants[column & 15] >> (column < 16 ? 0 : 4)) & 15;
        return form switch
        {
            WeightForm.Int4 => scale * (nibble - 8),
            WeightForm.Int4Offset =>
                scale * nibble - BinaryPrimitives.ReadInt32LittleEndian(cell[4..]),
            _ => scale * (sbyte)quants[column],
        };
    }

    public static bool IsKnown(byte form) => form is >= 1 and <= 4;
}
