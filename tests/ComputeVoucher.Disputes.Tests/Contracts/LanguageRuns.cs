using System;
using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Disputes.Tests.Language;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.Execution.Tests.Language;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes.Tests;

/// <summary>Small language models of every form, and orders of them.</summary>
internal static class LanguageRuns
{
    public static IReadOnlyDictionary<string, Func<LanguageModel>> All { get; } =
        new Dictionary<string, Func<LanguageModel>>
        {
            ["Q8_0"] = () => Model(new(96, 160, 2, 6, 3, 16, 64, 112), GgmlType.Q8_0),
            ["Q4_0"] = () => Model(new(32, 64, 1, 2, 1, 16, 40, 112), GgmlType.Q4_0, tied: true),
            ["Q4_K"] = () => Model(new(256, 256, 1, 4, 4, 64, 33, 16), GgmlType.Q4_K),
            ["Q6_K"] = () => Model(new(256, 256, 1, 2, 1, 128, 32, 16), GgmlType.Q6_K),
            ["F32"] = () => Model(new(40, 72, 1, 2, 2, 20, 31, 16), GgmlType.F32),
            ["wide"] = () => Model(new(32, 4160, 1, 1, 1, 32, 32, 8), GgmlType.Q8_0, gain: 200),
            ["long"] = () => Model(new(4128, 32, 1, 1, 1, 32, 32, 8), GgmlType.Q8_0),
            ["heads"] = () => Model(new(32, 64, 1, 129, 1, 32, 32, 8), GgmlType.Q8_0),
        };

    /// <summary>So small that a whole run is computed anew in passing.</summary>
    public static LanguageModel Tiny() =>
        Model(new(32, 64, 1, 2, 1, 16, 24, 16), GgmlType.Q8_0);

    /// <summary>Rows of 4,096 weights in the largest cells; more than 96 tokens.</summary>
    public static LanguageModel Rows4096() =>
        Model(new(4096, 256, 1, 2, 1, 128, 64, 112), GgmlType.Q6_K);

    /// <summary>What admission counts for an element of a tensor.</summary>
    public static ElementCost CostOf(LlamaProofSize size, TraceTensor tensor) => tensor switch
    {
        TraceTensor.Embed => size.Embed,
        TraceTensor.AttentionNormScalars or TraceTensor.AttentionNorm or
            TraceTensor.FeedForwardNormScalars or TraceTensor.FeedForwardNorm or
            TraceTensor.FinalNormScalars or TraceTensor.FinalNorm => size.Norm,
        TraceTensor.Qkv => size.Qkv,
        TraceTensor.RopeScalars or TraceTensor.Rope => size.Rope,
        TraceTensor.WeightsScalars or TraceTensor.Weights => size.Weight,
        TraceTensor.WeightsSum or TraceTensor.WeightsMix or TraceTensor.AttentionOutput or
            TraceTensor.AttentionOutputScalars => size.Mix,
        TraceTensor.Attention => size.Attention,
        TraceTensor.GateUp => size.GateUp,
        TraceTensor.SwiGluScalars or TraceTensor.SwiGlu => size.SwiGlu,
        TraceTensor.FeedForward => size.FeedForward,
        TraceTensor.Logits => size.Logits,
        _ => size.Token,
    };

    /// <summary>A prompt of so many tokens at most, and two more.</summary>
    public static byte[] Input(
        LanguageModel model, Prng numbers, bool drawn, int prompt = 101) => new InputRecord(
        [.. Enumerable.Range(0, Math.Min(prompt, model.Context - 2))
            .Select(_ => numbers.Between(0, model.Vocab - 1))],
        2, [], drawn ? new(80_000, 24, 60_000, 77) : SamplingOptions.Greedy).Encode();

    /// <summary>Positions on both sides of 96 tokens, and those that produce one.</summary>
    public static int[] Positions(CommittedRun run, Prng numbers)
    {
        int end = run.Layout.Record.Prompt - 1 + (int)run.Statement.Steps;
        return [.. new[] { numbers.Between(0, Math.Min(94, end - 1)), 95, 96, end - 1 }
            .Where(p => p < end).Distinct()];
    }

    /// <summary>Bytes of one of the values of an answer.</summary>
    public static int ValueBytes(CommittedRun run, OperandsRequest request)
    {
        TraceTensor kind = run.Layout.Locate(request.Tensor).Tensor;
        bool isSum = kind == TraceTensor.WeightsSum || (
            kind == TraceTensor.AttentionOutputScalars &&
            request.Element < run.Model.Architecture.Shape.Heads);
        return isSum ? sizeof(long) : sizeof(short);
    }

    /// <summary>The tokens that a trace has, as an output has them.</summary>
    public static byte[] Tokens(CommittedRun run) =>
    [
        .. Enumerable.Range(run.Layout.Record.Prompt - 1, (int)run.Statement.Steps)
            .SelectMany(p => run.Tensor(run.Layout.Index(new(TraceTensor.Token, p, 0))).Data),
    ];

    public static Bytes32 OutputRoot(byte[] tokens) => TraceTree.ListRoot(
        [TraceTree.TensorHash(TensorType.Int32, [tokens.Length / 4], tokens)]);

    /// <summary>One number committed otherwise.</summary>
    public static CommittedRun Forge(Prng numbers, CommittedRun run, int tensor, int element)
    {
        for (; ; )
        {
            long truth = OpenedTrace.Element(
                run.Tensor(tensor).Type, run.Tensor(tensor).Data, element);
            CommittedRun forged = run.Forge(tensor, element, numbers.Between(0, 5) switch
            {
                0 => truth + 1,
                1 => truth - 1,
                2 => numbers.Between(0, 50),
                3 => numbers.Between(0, 1) == 0 ? long.MinValue : long.MaxValue,
                4 => (1L << 62) - 1,
                _ => truth ^ (1L << numbers.Between(0, 62)),
            });
            if (forged.Trace.Root != run.Trace.Root)
            {
                return forged;
            }
        }
    }

    private static LanguageModel Model(
        LlamaShape shape, GgmlType type, bool tied = false, float gain = 1)
    {
        using MemorySource source = new(SyntheticGguf.Write(shape, type, tied, gain));
        return LanguageModel.Import(source, shape.Context);
    }
}
