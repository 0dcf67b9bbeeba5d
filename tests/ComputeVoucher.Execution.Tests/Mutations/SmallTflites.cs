using System.Collections.Generic;
using System.IO;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Execution.Tests.Mutations;

/// <summary>The shipped classifier, and a file of a kilobyte for every kind of operator.</summary>
internal static class SmallTflites
{
    private const int AddCode = 0, AveragePool = 1, Conv = 3, Depthwise = 4, Dense = 9,
        MaxPool = 17, Reshape = 22, Softmax = 25, Pad = 34, Transpose = 39, Mean = 40,
        Quantize = 114;

    public static IEnumerable<byte[]> All()
    {
        yield return File.ReadAllBytes(
            Path.Combine(SharedData.RepositoryRoot, "models", "glyphs", "glyphs.tflite"));
        yield return Convolutions();
        yield return Ends();
        yield return Movers();
    }

    private static byte[] Convolutions()
    {
        TfliteDraft draft = new();
        int x = draft.Activation([1, 4, 4, 2]);
        int w = draft.Weights([2, 2, 2, 2], new sbyte[16], [0.5f, 1f]);
        int y = draft.Activation([1, 4, 4, 2]);
        draft.Operator(Conv, [x, w, -1], y, 1, [(byte)0, 1, 1, (byte)3]);
        int d = draft.Weights([1, 2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8], [0.5f]);
        int bias = draft.Constant(100, -100);
        int z = draft.Activation([1, 4, 4, 2]);
        draft.Operator(
            Depthwise, [y, d, bias], z, 2, [(byte)0, 1, 1, 1, (byte)1, 1, 1]);
        int pooled = draft.Activation([1, 2, 2, 2]);
        draft.Operator(MaxPool, [z], pooled, 5, [(byte)1, 2, 2, 2, 2, (byte)0]);
        int average = draft.Activation([1, 1, 1, 2]);
        draft.Operator(AveragePool, [pooled], average, 5, [(byte)1, 2, 2, 2, 2, (byte)0]);
        return draft.Build();
    }

    private static byte[] Ends()
    {
        TfliteDraft draft = new();
        int x = draft.Activation([1, 8]);
        int w = draft.Weights([4, 8], new sbyte[32], [0.25f]);
        int y = draft.Activation([1, 4]);
        draft.Operator(Dense, [x, w, draft.Constant(1, 2, 3, 4)], y, 8, [(byte)1]);
        int z = draft.Activation([1, 4], scale: 0.25f, zero: 3);
        draft.Operator(Quantize, [y], z);
        int p = draft.Activation([1, 4], scale: 1f / 256, zero: -128);
        draft.Operator(Softmax, [z], p, 9, [1f]);
        return draft.Build();
    }

    private static byte[] Movers()
    {
        TfliteDraft draft = new() { Inputs = [0, 1] };
        int a = draft.Activation([1, 2, 3]);
        int b = draft.Activation([1, 1, 3]);
        int sum = draft.Activation([1, 2, 3]);
        draft.Operator(AddCode, [a, b], sum, 11, [(byte)0]);
        int padded = draft.Activation([1, 3, 4]);
        draft.Operator(Pad, [sum, draft.Constant(0, 0, 1, 0, 0, 1)], padded);
        int turned = draft.Activation([1, 4, 3]);
        draft.Operator(Transpose, [padded, draft.Constant(0, 2, 1)], turned);
        int flat = draft.Activation([4, 3]);
        draft.Operator(Reshape, [turned, draft.Constant(-1, 3)], flat);
        int mean = draft.Activation([4]);
        draft.Operator(Mean, [flat, draft.Constant(1)], mean, 27, [false]);
        return draft.Build();
    }
}
