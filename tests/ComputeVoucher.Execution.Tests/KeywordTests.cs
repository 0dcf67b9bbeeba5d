using System;
using System.IO;
using System.Linq;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Execution.Tests;

/// <summary>
/// 200 real keywords and what the MLPerf Tiny reference board answered: 2,400 numbers.
/// </summary>
public sealed class KeywordTests
{
    private const int InputBytes = 490;

    [SharedDataTheory("kws")]
    [InlineData(Backend.Scalar)]
    [InlineData(Backend.Avx2)]
    public void Run_PublishedKeywords_AllOutputsEqual(Backend backend)
    {
        byte[] inputs = File.ReadAllBytes(SharedData.PathOf("kws", "inputs.bin"));
        string[] rows = File.ReadAllLines(SharedData.PathOf("kws", "golden.csv"));
        using IModel model = ModelFile.Open(SharedData.PathOf("tflite", "kws", "model.tflite"));
        using IModelSession session = model.CreateSession(backend, threads: 1);
        int equal = 0;
        for (int i = 0; i < rows.Length - 1; i++)
        {
            int[] expected = [.. rows[i + 1].Split(',').Skip(2).Select(int.Parse)];
            RunResult result = session.Run(inputs.AsSpan(i * InputBytes, InputBytes), default);
            Assert.Equal(expected, result.Output.Select(b => (int)(sbyte)b));
            equal += expected.Length;
        }

        Assert.Equal(2400, equal);
    }
}
