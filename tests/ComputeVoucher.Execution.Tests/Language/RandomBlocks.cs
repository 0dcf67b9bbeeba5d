using System;
using System.Buffers.Binary;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.ModelFiles;

namespace ComputeVoucher.Execution.Tests.Language;

/// <summary>
/// Random rows in ggml's formats, and a decoder that follows ggml-quants.c's dequantize loops
/// (not our importer), in double.
/// </summary>
internal static class RandomBlocks
{
    /// <summary>A row of blocks with plausible scales (weights of some 0.02).</summary>
    public static byte[] Row(GgmlType type, int columns, int seed)
    {
        Prng random = new((ulong)seed);
        int size = GgmlTypes.BlockBytes(type);
        byte[] bytes = new byte[columns / GgmlTypes.BlockWeights(type) * size];
        random.Fill(bytes);
        for (int at = 0; at < bytes.Length; at += size)
        {
            switch (type)
            {
                case GgmlType.F32:
                    BinaryPrimitives.WriteSingleLittleEndian(
                        bytes.AsSpan(at), (float)(random.Uniform() - 0.5) * 0.1f);
                    break;
                case GgmlType.F16:
                    Half(bytes, at, (random.Uniform() - 0.5) * 0.1);
                    break;
                case GgmlType.Q8_0:
                    Half(bytes, at, 0.0004 + random.Uniform() * 0.0002);
                    break;
                case GgmlType.Q4_0:
                    Half(bytes, at, (random.Uniform() - 0.5) * 0.02);
                    break;
                case GgmlType.Q4_K:
                    Half(bytes, at, 0.00005 + random.Uniform() * 0.00005);
                    Half(bytes, at + 2, 0.0003 + random.Uniform() * 0.0003);
                    break;
                case GgmlType.Q6_K:
                    Half(bytes, at + 208, random.Uniform() * 0.00002);
                    break;
                default:
                    throw new ArgumentException(type.ToString());
            }
        }

        return bytes;
    }

    public static double[] Decode(GgmlType type, byte[] bytes)
    {
        int size = GgmlTypes.BlockBytes(type);
        int weights = GgmlTypes.BlockWeights(type);
        double[] result = new double[bytes.Length / size * weights];
        for (int b = 0; b < bytes.Length / size; b++)
        {
            ReadOnlySpan<byte> block = bytes.AsSpan(b * size, size);
            Span<double> to = result.AsSpan(b * weights, weights);
            switch (type)
            {
                case GgmlType.Q8_0:
                    for (int i = 0; i < 32; i++)
                    {
                        to[i] = Read(block) * (sbyte)block[2 + i];
                    }

                    break;
                case GgmlType.Q4_0:
                    for (int i = 0; i < 16; i++)
                    {
                        to[i] = Read(block) * ((block[2 + i] & 15) - 8);
                        to[i + 16] = Read(block) * ((block[2 + i] >> 4) - 8);
                    }

                    break;
                case GgmlType.Q4_K:
                    DecodeQ4_K(block, to);
                    break;
                default:
                    DecodeQ6_K(block, to);
                    break;
            }
        }

        return result;
    }

    /// <summary>
    /// dequantize_row_q4_K: 64 weights from 32 bytes, low nibbles then high ones.
    /// </summary>
    private static void DecodeQ4_K(ReadOnlySpan<byte> block, Span<double> to)
    {
        double d = Read(block);
        double min = Read(block[2..]);
        ReadOnlySpan<byte> q = block[16..];
        int y = 0;
        for (int j = 0; j < 8; j += 2)
        {
            ScaleMin(j, block.Slice(4, 12), out int scale1, out int min1);
            ScaleMin(j + 1, block.Slice(4, 12), out int scale2, out int min2);
            for (int l = 0; l < 32; l++)
            {
                to[y++] = d * scale1 * (q[l] & 0xF) - min * min1;
            }

            for (int l = 0; l < 32; l++)
            {
                to[y++] = d * scale2 * (q[l] >> 4) - min * min2;
            }

            q = q[32..];
        }
    }

    /// <summary>get_scale_min_k4.</summary>
    private static void ScaleMin(int j, ReadOnlySpan<byte> q, out int scale, out int min)
    {
        scale = j < 4 ? q[j] & 63 : (q[j + 4] & 0xF) | ((q[j - 4] >> 6) << 4);
        min = j < 4 ? q[j + 4] & 63 : (q[j + 4] >> 4) | ((q[j] >> 6) << 4);
    }

    /// <summary>
    /// dequantize_row_q6_K: two halves of 128, each from 64 low and 32 high bytes.
    /// </summary>
    private static void DecodeQ6_K(ReadOnlySpan<byte> block, Span<double> to)
    {
        double d = Read(block[208..]);
        ReadOnlySpan<byte> ql = block;
        ReadOnlySpan<byte> qh = block[128..];
        ReadOnlySpan<byte> sc = block[192..];
        for (int n = 0; n < 256; n += 128)
        {
            for (int l = 0; l < 32; l++)
            {
                int group = l / 16;
                int q1 = ((ql[l] & 0xF) | (((qh[l] >> 0) & 3) << 4)) - 32;
                int q2 = ((ql[l + 32] & 0xF) | (((qh[l] >> 2) & 3) << 4)) - 32;
                int q3 = ((ql[l] >> 4) | (((qh[l] >> 4) & 3) << 4)) - 32;
                int q4 = ((ql[l + 32] >> 4) | (((qh[l] >> 6) & 3) << 4)) - 32;
                to[n + l] = d * (sbyte)sc[group] * q1;
                to[n + l + 32] = d * (sbyte)sc[group + 2] * q2;
                to[n + l + 64] = d * (sbyte)sc[group + 4] * q3;
                to[n + l + 96] = d * (sbyte)sc[group + 6] * q4;
            }

            ql = ql[64..];
            qh = qh[32..];
            sc = sc[8..];
        }
    }

    private static double Read(ReadOnlySpan<byte> at) =>
        (double)BitConverter.UInt16BitsToHalf(BinaryPrimitives.ReadUInt16LittleEndian(at));

    private static void Half(byte[] bytes, int at, double value) =>
        BinaryPrimitives.WriteUInt16LittleEndian(
            bytes.AsSpan(at), BitConverter.HalfToUInt16Bits((Half)value));
}
