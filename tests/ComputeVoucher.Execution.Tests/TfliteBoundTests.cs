using System;

namespace ComputeVoucher.Execution.Tests;

/// <summary>
/// Memory in proportion to the file, whatever the tables of a file share: at most 64 MB and 8
/// times its size.
/// </summary>
public sealed class TfliteBoundTests
{
    private const int Reshape = 22, Dense = 9;

    [Fact]
    public void UnusedTensors_ThatShareTheirScales_CostNothing()
    {
        const int Tensors = 300, Scales = 131_072;
        TfliteDraft draft = new();
        int x = draft.Activation([1, 2]);
        draft.Operator(Reshape, [x], draft.Activation([2, 1]));
        int shared = draft.Quantization(new float[Scales], new long[Scales]);
        for (int i = 0; i < Tensors; i++)
        {
            draft.Quantized([Scales], shared);
        }

        byte[] file = draft.Build();
        Bounded(file, () => ModelFile.Import(file, "draft.tflite").Dispose());
    }

    [Fact]
    public void ReadTensors_ThatShareTheirScales_AreRefused()
    {
        const int Tensors = 200, Scales = 65_536;
        TfliteDraft draft = new();
        int x = draft.Activation([1, 2]);
        int shared = draft.Quantization(new float[Scales], new long[Scales]);
        for (int i = 0; i < Tensors; i++)
        {
            int y = draft.Activation([1, 2]);
            draft.Operator(Reshape, [x, -1, draft.Quantized([Scales], shared)], y);
            x = y;
        }

        Refused(draft, "share its bytes");
    }

    [Fact]
    public void ScalesBeyondTheDimension_AreRefused()
    {
        TfliteDraft draft = new();
        int x = draft.Activation([1, 2]);
        int y = draft.Quantized([1, 2], draft.Quantization(new float[1000], new long[1000]));
        draft.Operator(Reshape, [x], y);
        Refused(draft, "1000 scales along dimension 0 of [1, 2]");
    }

    [Fact]
    public void Layers_ThatShareTheirWeights_AreRefusedBeyondFourTimesTheFile()
    {
        const int Layers = 1000, Width = 320;
        Refused(Chain(Layers, Width), "share its bytes");

        // Twice the same layer is no reason.
        byte[] twice = Chain(2, Width).Build();
        using IModel model = ModelFile.Import(twice, "draft.tflite");
        Assert.Equal(2, model.Description.Operators.Count);
    }

    private static TfliteDraft Chain(int layers, int width)
    {
        TfliteDraft draft = new();
        int x = draft.Activation([1, width]);
        int w = draft.Weights([width, width], new sbyte[width * width], [0.5f]);
        for (int i = 0; i < layers; i++)
        {
            int y = draft.Activation([1, width]);
            draft.Operator(Dense, [x, w, -1], y, 8, [(byte)0]);
            x = y;
        }

        return draft;
    }

    private static void Refused(TfliteDraft draft, string expected)
    {
        byte[] file = draft.Build();
        Bounded(file, () =>
        {
            string message = Assert.Throws<ModelException>(
                () => ModelFile.Import(file, "draft.tflite").Dispose()).Message;
            Assert.Contains(expected, message, StringComparison.Ordinal);
        });
    }

    private static void Bounded(byte[] file, Action import)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        import();
        long taken = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(taken, 0, (64 << 20) + 8L * file.Length);
    }
}
