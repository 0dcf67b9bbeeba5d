using System;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// Rows of a file's weights → exact integer form. Quantized formats keep their integers and
/// scales; F32 and F16 are quantized once, here, by ggml's reference rule.
/// </summary>
internal static class MatrixBuilder
{
    /// <summary>|S|, |M| below 2^24: with int16 activations every row sum stays in int64.</summary>
    public const long ScaleMax = 1 << 24;

    /// <summary>The form that a ggml type takes.</summary>
    public static WeightForm FormOf(GgmlType type, WeightForm floats) => type switch
    {
        GgmlType.Q8_0 => WeightForm.Int8,
        GgmlType.Q4_0 => WeightForm.Int4,
        GgmlType.Q4_K => WeightForm.Int4Offset,
        GgmlType.Q6_K => WeightForm.Int8Half,
        _ => floats,
    };

    /// <summary>One row of float weights; a last group below 32 is a group of its own.</summary>
    public static void SetFloatRow(
        QuantMatrix matrix, int row, ReadOnlySpan<float> weights, ByteSource source)
    {
        Span<byte> block = stackalloc byte[34];
        for (int g = 0; g < matrix.Groups; g++)
        {
            ReadOnlySpan<float> x = weights[(32 * g)..];
            x = x[..Math.Min(x.Length, 32)];
            foreach (float v in x)
            {
                // Larger ones would need a scale of 1 or more, which the form refuses anyway.
                if (!(Math.Abs(v) < 128))
                {
                    throw source.Refuse($"has the weight {v}; weights must be below 127");
                }
            }

            if (matrix.Form == WeightForm.Int8)
            {
                GgmlBlocks.QuantizeQ8_0(x, block);
                matrix.SetCell(row, g, block[2..34], Scale(block, 1, source), 0);
            }
            else
            {
                GgmlBlocks.QuantizeQ4_0(x, block);
                matrix.SetCell(row, g, block[2..18], Scale(block, 1, source), 0);
            }
        }
    }

    /// <summary>One row of a quantized ggml type, kept as it is.</summary>
    public static void SetQuantRow(
        QuantMatrix matrix, int row, ReadOnlySpan<byte> bytes, GgmlType type, ByteSource source)
    {
        int blockBytes = GgmlTypes.BlockBytes(type);
        int blocks = bytes.Length / blockBytes;
        for (int b = 0; b < blocks; b++)
        {
            ReadOnlySpan<byte> block = bytes.Slice(b * blockBytes, blockBytes);
            switch (type)
            {
                case GgmlType.Q8_0 or GgmlType.Q4_0:
                    matrix.SetCell(row, b, block[2..], Scale(block, 1, source), 0);
                    break;
                case GgmlType.Q4_K:
                    SetQ4_K(matrix, row, b, block, source);
                    break;
                case GgmlType.Q6_K:
                    SetQ6_K(matrix, row, b, block, source);
                    break;
                default:
                    throw source.Refuse($"has weights of type {type}; supported are F32, F16, " +
                        "Q8_0, Q4_0, Q4_K and Q6_K");
            }
        }
    }

    private static void SetQ4_K(
        QuantMatrix matrix, int row, int b, ReadOnlySpan<byte> block, ByteSource source)
    {
        Span<byte> quants = stackalloc byte[16];
        ReadOnlySpan<byte> scales = block.Slice(4, 12);
        for (int j = 0; j < 8; j++)
        {
            GgmlBlocks.ScaleMinQ4_K(scales, j, out int scale, out int min);

            // 64 weights share 32 bytes: sub-block 2k the low nibbles, 2k + 1 the high ones.
            ReadOnlySpan<byte> pairs = block.Slice(16 + 32 * (j / 2), 32);
            for (int i = 0; i < 16; i++)
            {
                int low = (j & 1) == 0 ? pairs[i] & 15 : pairs[i] >> 4;
                int high = (j & 1) == 0 ? pairs[i + 16] & 15 : pairs[i + 16] >> 4;
                quants[i] = (byte)(low | (high << 4));
            }

            matrix.SetCell(row, 8 * b + j, quants,
                Scale(block, scale, source), Scale(block[2..], min, source));
        }
    }

    private static void SetQ6_K(
        QuantMatrix matrix, int row, int b, ReadOnlySpan<byte> block, ByteSource source)
    {
        Span<byte> quants = stackalloc byte[32];
        ReadOnlySpan<byte> scales = block.Slice(192, 16);
        ReadOnlySpan<byte> d = block[208..];
        for (int j = 0; j < 8; j++)
        {
            for (int i = 0; i < 32; i++)
            {
                quants[i] = (byte)(sbyte)(GgmlBlocks.QuantQ6_K(block, 32 * j + i) - 32);
            }

            matrix.SetCell(row, 8 * b + j, quants,
                Scale(d, (sbyte)scales[2 * j], source),
                Scale(d, (sbyte)scales[2 * j + 1], source));
        }
    }

    private static int Scale(ReadOnlySpan<byte> half, int factor, ByteSource source)
    {
        long? scale = GgmlBlocks.ExactScale(half) * factor;
        return scale > -ScaleMax && scale < ScaleMax
            ? (int)scale.Value
            : throw source.Refuse("has a weight scale that is not below 1; rescale the model");
    }
}
