using System;
using System.IO;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Execution.Tests.Language;

/// <summary>The repository's own language model carries the main promises wherever it is.</summary>
public sealed class ShippedModelTests
{
    private static readonly string s_folder =
        Path.Combine(SharedData.RepositoryRoot, "models", "tales");

    [Fact]
    public void Tales_RunTheSameOnEveryBackendAndThread()
    {
        using LanguageModel model = Open();
        byte[] input = new InputRecord(
            model.Tokenizer!.EncodePrompt("Once upon a time"), 24, [],
            new SamplingOptions(50_000, 40, 60_000, 11)).Encode();
        RunResult expected = Run(model, input, KernelSet.Scalar, 1, 1);
        foreach ((int threads, int batch) in new[] { (1, 16), (2, 3) })
        {
            RunResult actual = Run(model, input, LlamaData.Fast(model), threads, batch);
            Assert.Equal(expected.Output, actual.Output);
            Assert.Equal(expected.TraceRoot, actual.TraceRoot);
        }
    }

    [Fact]
    public void Tales_OnHeldOutText_CostNothingInIntegers()
    {
        using LanguageModel model = Open();
        int[] ids = model.Tokenizer!.Encode(
            File.ReadAllText(Path.Combine(s_folder, "heldout.txt")));
        using var fidelity = new Fidelity(model, null, 128);
        int begin = model.Tokenizer.BeginToken ?? ids[0];
        for (int piece = 0; piece < 6; piece++)
        {
            fidelity.Add([begin, .. ids.AsSpan(piece * 127, 127)]);
        }

        FidelityReport same = fidelity.SameWeights;
        Assert.True(same.TopOne >= 0.999, $"top-1 {same.TopOne}");
        Assert.InRange(same.PerplexityRatio, 0.9995, 1.0005);

        // It has learned its text: far below the perplexity of guessing among all words.
        Assert.InRange(same.Perplexity, 1, model.Vocab / 10.0);
    }

    private static LanguageModel Open() =>
        LanguageModel.Open(Path.Combine(s_folder, "tales.gguf"));

    private static RunResult Run(
        LanguageModel model, byte[] input, KernelSet kernels, int threads, int batch)
    {
        using var session = new LanguageSession(model, kernels, threads, batch);
        return session.Run(input, new RunOptions { Trace = true });
    }
}
