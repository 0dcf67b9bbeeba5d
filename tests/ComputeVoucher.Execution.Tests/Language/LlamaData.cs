using System;
using System.Globalization;
using System.IO;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Execution.Tests.Language;

/// <summary>The trained model and texts of ../shared/data/llama.</summary>
internal static class LlamaData
{
    public const string Needs = "llama/stories260K.gguf";

    public static byte[] Gguf => File.ReadAllBytes(SharedData.PathOf("llama", "stories260K.gguf"));

    public static byte[] Checkpoint =>
        File.ReadAllBytes(SharedData.PathOf("llama", "stories260K.bin"));

    public static LanguageModel Stories(
        WeightForm form = WeightForm.Int8, int context = 512, bool gguf = true)
    {
        using var source = new MemorySource(gguf ? Gguf : Checkpoint);
        return LanguageModel.Import(source, context, form);
    }

    /// <summary>The kernels that this machine would choose.</summary>
    public static KernelSet Fast(LanguageModel model) =>
        Backends.Of(Backend.Auto).Compile(model.Parameters);

    /// <summary>BOS and the golden tokens after it: what is fed, position by position.</summary>
    public static int[] Golden(string name)
    {
        string[] lines = File.ReadAllLines(
            SharedData.PathOf("llama", "golden", name + ".tokens"));
        int[] tokens = new int[lines.Length + 1];
        tokens[0] = 1;
        for (int i = 0; i < lines.Length; i++)
        {
            tokens[i + 1] = int.Parse(lines[i], CultureInfo.InvariantCulture);
        }

        return tokens;
    }

    /// <summary>A record of a greedy run.</summary>
    public static byte[] Greedy(ReadOnlySpan<int> prompt, uint tokens) =>
        new InputRecord(prompt, tokens, [], SamplingOptions.Greedy).Encode();
}
