using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Text.Json;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Execution.Tests.Language;

/// <summary>Blocks that ggml's own code made, and the K formats against their definition.</summary>
public sealed class GgmlBlocksTests
{
    [SharedDataFact("ggml-quant-golden")]
    public void GoldenBlocks_KeepTheirExactValue()
    {
        using var manifest = JsonDocument.Parse(
            File.ReadAllBytes(SharedData.PathOf("ggml-quant-golden", "manifest.json")));
        int items = 0;
        foreach (JsonElement item in manifest.RootElement.GetProperty("items").EnumerateArray())
        {
            string tensor = item.GetProperty("tensor").GetString()!;
            string type = item.GetProperty("type").GetString()!;
            if (type is not ("q8_0" or "q4_0")
                || !SharedData.Exists($"ggml-quant-golden/{tensor}.{type}"))
            {
                // The manifest also lists a model that was not published with it, and formats
                // that import refuses.
                continue;
            }

            byte[] bytes = Golden($"{tensor}.{type}");
            float[] decoded = type == "q8_0"
                ? Values(GgmlType.Q8_0, 34, bytes)
                : Values(GgmlType.Q4_0, 18, bytes);
            byte[] raw = MemoryMarshal.AsBytes(decoded.AsSpan()).ToArray();
            string hash = Convert.ToHexStringLower(
                System.Security.Cryptography.SHA256.HashData(raw));
            Assert.Equal(item.GetProperty("sha256_deq_f32").GetString(), hash);
            items++;
        }

        Assert.Equal(6, items);
    }

    [SharedDataTheory("ggml-quant-golden")]
    [InlineData("stories260K.token_embd.weight")]
    [InlineData("stories260K.blk.0.attn_q.weight")]
    [InlineData("stories260K.blk.4.attn_output.weight")]
    public void FloatRows_QuantizeAsTheReference(string tensor)
    {
        float[] floats = MemoryMarshal.Cast<byte, float>(Golden(tensor + ".f32")).ToArray();
        byte[] block = new byte[34];
        byte[] q8 = Golden(tensor + ".q8_0");
        byte[] q4 = Golden(tensor + ".q4_0");
        for (int b = 0; b < floats.Length / 32; b++)
        {
            GgmlBlocks.QuantizeQ8_0(floats.AsSpan(32 * b, 32), block);
            Assert.Equal(q8.AsSpan(34 * b, 34), block.AsSpan());
            GgmlBlocks.QuantizeQ4_0(floats.AsSpan(32 * b, 32), block);
            Assert.Equal(q4.AsSpan(18 * b, 18), block.AsSpan(0, 18));
        }
    }

    [Theory]
    [InlineData(GgmlType.Q8_0)]
    [InlineData(GgmlType.Q4_0)]
    [InlineData(GgmlType.Q4_K)]
    [InlineData(GgmlType.Q6_K)]
    public void QuantizedRows_KeepTheirExactValue(object boxed)
    {
        var type = (GgmlType)boxed;
        const int Columns = 512;
        byte[] bytes = RandomBlocks.Row(type, Columns, 7);
        double[] expected = RandomBlocks.Decode(type, bytes);
        using var matrix = new QuantMatrix(MatrixBuilder.FormOf(type, default), 1, Columns);
        using var source = new MemorySource(default);
        MatrixBuilder.SetQuantRow(matrix, 0, bytes, type, source);
        for (int i = 0; i < Columns; i++)
        {
            Assert.Equal(expected[i] * (1 << 24), matrix.Exact(0, i));
        }
    }

    [Fact]
    public void EveryFiniteHalf_IsAnExactScale()
    {
        Span<byte> bytes = stackalloc byte[2];
        for (int bits = 0; bits < 65_536; bits++)
        {
            bytes[0] = (byte)bits;
            bytes[1] = (byte)(bits >> 8);
            double value = (double)BitConverter.UInt16BitsToHalf((ushort)bits);
            long? scale = GgmlBlocks.ExactScale(bytes);
            Assert.Equal(double.IsFinite(value) ? value * (1 << 24) : null, (double?)scale);
        }
    }

    [Fact]
    public void ScaleOfOneOrMore_IsRefused()
    {
        byte[] block = new byte[34];
        block[1] = 0x3C; // fp16 1.0
        using var matrix = new QuantMatrix(WeightForm.Int8, 1, 32);
        using var source = new MemorySource(default);
        Assert.Throws<ModelException>(
            () => MatrixBuilder.SetQuantRow(matrix, 0, block, GgmlType.Q8_0, source));
    }

    /// <summary>The weights of blocks as the product keeps them, as floats.</summary>
    private static float[] Values(GgmlType type, int blockBytes, byte[] bytes)
    {
        int blocks = bytes.Length / blockBytes;
        float[] weights = new float[32 * blocks];
        using var matrix = new QuantMatrix(MatrixBuilder.FormOf(type, default), blocks, 32);
        using var source = new MemorySource(default);
        for (int b = 0; b < blocks; b++)
        {
            ReadOnlySpan<byte> block = bytes.AsSpan(b * blockBytes, blockBytes);
            MatrixBuilder.SetQuantRow(matrix, b, block, type, source);

            // A negative scale times zero is −0 in floats; the integers have one zero.
            float zero = (block[1] & 0x80) != 0 ? -0f : 0f;
            for (int i = 0; i < 32; i++)
            {
                double exact = matrix.Exact(b, i);
                weights[32 * b + i] = exact == 0 ? zero : (float)(exact / (1 << 24));
            }
        }

        return weights;
    }

    private static byte[] Golden(string name) =>
        File.ReadAllBytes(SharedData.PathOf("ggml-quant-golden", name));
}
