using System;
using System.IO;
using System.Runtime.InteropServices;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Execution.Tests.Language;

/// <summary>Integers cost nothing that can be measured; quantization costs what it costs.</summary>
public sealed class FidelityTests
{
    private static readonly LlamaShape s_shape = new(256, 256, 2, 4, 4, 64, 48, 32);

    private static readonly string[] s_texts =
    [
        "stories260K_greedy256", "stories260K_tom_greedy256", "stories260K_dog_greedy256",
    ];

    [SharedDataTheory("llama/golden")]
    [InlineData(8, 0.98)]
    [InlineData(4, 0.70)]
    public void GoldenTexts_MeetTheBars(int bits, double originalTopOne)
    {
        string path = SharedData.PathOf("llama", "stories260K.gguf");
        using LanguageModel model = LanguageModel.Open(
            path, new LanguageOptions { FloatWeightBits = bits });
        using var fidelity = new Fidelity(model, path, 300);
        foreach (string text in s_texts)
        {
            fidelity.Add(LlamaData.Golden(text));
        }

        FidelityReport same = fidelity.SameWeights;
        Assert.Equal(256 + 256 + 171 + 3, same.Positions);
        Assert.True(same.TopOne >= 0.999, $"top-1 {same.TopOne}");
        Assert.InRange(same.PerplexityRatio, 0.9995, 1.0005);
        Assert.InRange(same.Divergence, -1e-12, 1e-5);
        Assert.True(
            fidelity.OriginalWeights!.TopOne >= originalTopOne,
            $"top-1 against the original {fidelity.OriginalWeights.TopOne}");
    }

    [SharedDataFact("llama/golden/stories260K_greedy256.logits.f32")]
    public void FloatReference_IsRunC()
    {
        float[] golden = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(
            SharedData.PathOf("llama", "golden", "stories260K_greedy256.logits.f32"))).ToArray();
        int[] tokens = LlamaData.Golden("stories260K_greedy256");
        using var file = new MemoryStream(LlamaData.Gguf);
        FloatLlama model = new(FloatWeights.FromGguf(file, 256));
        for (int p = 0; p < 256; p++)
        {
            model.Forward(tokens[p], p);
            for (int i = 0; i < 512; i++)
            {
                Assert.InRange(Math.Abs(model.Logits[i] - golden[512 * p + i]), 0, 1e-3);
            }
        }
    }

    [Theory]
    [InlineData(GgmlType.F32)]
    [InlineData(GgmlType.F16)]
    [InlineData(GgmlType.Q8_0)]
    [InlineData(GgmlType.Q4_0)]
    [InlineData(GgmlType.Q4_K)]
    [InlineData(GgmlType.Q6_K)]
    public void SecondReader_ReadsWhatTheImporterReads(object boxed)
    {
        byte[] gguf = SyntheticGguf.Write(s_shape, (GgmlType)boxed);
        using var bytes = new MemorySource(gguf);
        LlamaSource source = LanguageModel.OpenSource(bytes, s_shape.Context, out _);
        using var file = new MemoryStream(gguf);
        var weights = FloatWeights.FromGguf(file, s_shape.Context);
        Assert.Equal(source.Shape, weights.Shape);
        Assert.Equal(source.Epsilon, weights.Epsilon);
        foreach (WeightId id in LlamaShape.LayerMatrices)
        {
            (int rows, int columns) = s_shape.Of(id);
            float[] row = new float[columns];
            for (int r = 0; r < rows; r++)
            {
                source.ReadFloats(id, 1, r, row);
                for (int i = 0; i < columns; i++)
                {
                    float other = weights[1, id][r * columns + i];
                    Assert.InRange(Math.Abs(row[i] - other), 0, 1e-6 * (1 + Math.Abs(row[i])));
                }
            }
        }
    }

    /// <summary>
    /// What the importer would leave out, were it to take such a file, the reference computes
    /// with, or it fails.
    /// </summary>
    [Fact]
    public void SecondReader_UsesEveryTensorAndKey()
    {
        float[] plain = Logits(null);
        foreach (string bias in (string[])["attn_q", "attn_k", "attn_v", "ffn_gate", "ffn_up"])
        {
            Assert.NotEqual(plain, Logits(writer => writer.AddTensor(
                $"blk.0.{bias}.bias", GgufWriter.TypeF32, [256], 256 * sizeof(float), to =>
                {
                    for (int i = 0; i < 256; i++)
                    {
                        to.Write(0.5f * (i % 3));
                    }
                })));
        }

        Assert.NotEqual(plain, Logits(writer => writer.Add("llama.rope.scaling.factor", 4f)));
        Assert.NotEqual(plain, Logits(writer => writer.Add("llama.rope.scale_linear", 4f)));
        Assert.NotEqual(plain, Logits(writer => writer.Add("llama.rope.freq_base", 100f)));
        Assert.Throws<ModelException>(
            () => Logits(writer => writer.Add("llama.rope.freq_base", 100u)));
        Assert.Throws<ModelException>(
            () => Logits(writer => writer.Add("llama.attention.scale", 100f)));
        Assert.Throws<ModelException>(() => Logits(writer => writer.AddTensor(
            "output_norm.bias", GgufWriter.TypeF32, [1], sizeof(float), to => to.Write(1f))));
    }

    private static float[] Logits(Action<GgufWriter>? also)
    {
        using var file = new MemoryStream(
            SyntheticGguf.Write(s_shape, GgmlType.Q8_0, also: also));
        FloatLlama model = new(FloatWeights.FromGguf(file, s_shape.Context));
        for (int p = 0; p < 8; p++)
        {
            model.Forward(3 * p % 7, p);
        }

        return model.Logits;
    }
}
