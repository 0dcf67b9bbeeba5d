using System;
using System.IO;
using System.Runtime.InteropServices;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Execution.Tests.Language;

/// <summary>Integers cost nothing that can be measured; quantization costs what it costs.</summary>
public sealed class FidelityTests
{
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
        using var bytes = new MemorySource(LlamaData.Gguf);
        LlamaSource source = LanguageModel.OpenSource(bytes, 512, out _);
        FloatLlama model = FloatLlama.FromFile(source, 256);
        for (int p = 0; p < 256; p++)
        {
            model.Forward(tokens[p], p);
            for (int i = 0; i < 512; i++)
            {
                Assert.InRange(Math.Abs(model.Logits[i] - golden[512 * p + i]), 0, 1e-3);
            }
        }
    }
}
