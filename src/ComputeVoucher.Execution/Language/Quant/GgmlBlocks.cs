using System;
using System.Buffers.Binary;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// The block formats of ggml (ggml-common.h, ggml-quants.c): exact scales, and the two reference
/// quantizers for float weights. Used at import; never while serving.
/// </summary>
internal static class GgmlBlocks
{
    public static float Half(ReadOnlySpan<byte> at) =>
        (float)BitConverter.UInt16BitsToHalf(BinaryPrimitives.ReadUInt16LittleEndian(at));

    /// <summary>
    /// fp16 · 2^24: an integer for every finite fp16; NaN and infinities give null.
    /// </summary>
    public static long? ExactScale(ReadOnlySpan<byte> half)
    {
        ushort bits = BinaryPrimitives.ReadUInt16LittleEndian(half);
        int exponent = (bits >> 10) & 31;
        long mantissa = bits & 0x3FF;
        if (exponent == 31)
        {
            return null;
        }

        // Subnormals are mantissa · 2^-24; normals (1024 + mantissa) · 2^(exponent - 25).
        long magnitude = exponent == 0 ? mantissa : (1024 + mantissa) << (exponent - 1);
        return (bits & 0x8000) != 0 ? -magnitude : magnitude;
    }

    /// <summary>6-bit scale and minimum of sub-block j &lt; 8 of a Q4_K super-block.</summary>
    public static void ScaleMinQ4_K(ReadOnlySpan<byte> scales, int j, out int scale, out int min)
    {
        if (j < 4)
        {
            scale = scales[j] & 63;
            min = scales[j + 4] & 63;
        }
        else
        {
            scale = (scales[j + 4] & 15) | ((scales[j - 4] >> 6) << 4);
            min = (scales[j + 4] >> 4) | ((scales[j] >> 6) << 4);
        }
    }

    /// <summary>q + 32 (0 … 63) of weight i &lt; 256 of a Q6_K super-block.</summary>
    public static int QuantQ6_K(ReadOnlySpan<byte> block, int i)
    {
        int half = i / 128;
        int quarter = i % 128 / 32;
        int l = i % 32;
        int low = block[64 * half + l + 32 * (quarter & 1)];
        int nibble = quarter < 2 ? low & 15 : low >> 4;
        int high = (block[128 + 32 * half + l] >> (2 * quarter)) & 3;
        return nibble | (high << 4);
    }

    /// <summary>
    /// quantize_row_q8_0_ref for one group: d = max|x|/127 stored as fp16, q = x/d rounded half
    /// away from zero with the unrounded d. A short last group is a group of its own.
    /// </summary>
    public static void QuantizeQ8_0(ReadOnlySpan<float> x, Span<byte> block)
    {
        float max = 0;
        foreach (float v in x)
        {
            max = Math.Max(max, Math.Abs(v));
        }

        float d = max / 127;
        float inverse = d != 0 ? 1 / d : 0;
        WriteHalf(block, d);
        block[2..].Clear();
        for (int i = 0; i < x.Length; i++)
        {
            float q = MathF.Round(x[i] * inverse, MidpointRounding.AwayFromZero);
            block[2 + i] = (byte)(sbyte)q;
        }
    }

    /// <summary>
    /// quantize_row_q4_0_ref for one group: d = (the element of largest magnitude)/−8 stored as
    /// fp16, nibble = min(15, trunc(x/d + 8.5)) with the unrounded d. Missing elements count 0.
    /// </summary>
    public static void QuantizeQ4_0(ReadOnlySpan<float> x, Span<byte> block)
    {
        float magnitude = 0;
        float max = 0;
        foreach (float v in x)
        {
            if (magnitude < Math.Abs(v))
            {
                magnitude = Math.Abs(v);
                max = v;
            }
        }

        float d = max / -8;
        float inverse = d != 0 ? 1 / d : 0;
        WriteHalf(block, d);
        block[2..].Fill(0x88);
        for (int i = 0; i < x.Length; i++)
        {
            int nibble = Math.Min(15, (int)(sbyte)(x[i] * inverse + 8.5f));
            int at = 2 + (i & 15);
            block[at] = i < 16
                ? (byte)((block[at] & 0xF0) | nibble)
                : (byte)((block[at] & 0x0F) | (nibble << 4));
        }
    }

    private static void WriteHalf(Span<byte> at, float value) =>
        BinaryPrimitives.WriteUInt16LittleEndian(
            at, BitConverter.HalfToUInt16Bits((Half)value));
}
