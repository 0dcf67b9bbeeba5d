using System;
using System.Linq;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Execution.Tests;

/// <summary>What import proves or refuses about a graph before it ever runs.</summary>
public sealed class GraphRulesTests
{
    private static readonly Activation s_all = new(sbyte.MinValue, sbyte.MaxValue);

    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(int.MaxValue - 400_000, 0, false)]
    [InlineData(int.MinValue, 0, false)]
    [InlineData(int.MaxValue - 33_000, 0, true)]
    [InlineData(0, 16, true)]
    [InlineData(0, 17, false)]
    public void FullyConnected_SumsThatMayOverflow_AreRefused(int bias, int shift, bool fits)
    {
        // |bias| + 127 · 255 = 32385 at most … 13 times that for 13 weights.
        int depth = bias < 0 || bias == int.MaxValue - 400_000 ? 13 : 1;
        GraphBuilder Build() => new GraphBuilder(GraphBuilder.Int8(-128, 1, depth)).Add(
            GraphBuilder.Int8(0, 1, 1),
            w => new FullyConnected(w, depth, 0, s_all, new ChannelParameters(
                [.. Enumerable.Repeat((sbyte)127, depth)], [bias], [1 << 30], [shift])));
        if (fits)
        {
            using GraphModel model = Build().Build();
            return;
        }

        AssertRefused("operator 0 FULLY_CONNECTED: its sums can reach", () => Build());
    }

    [Fact]
    public void FullyConnected_ProofOfAnElementTooLarge_IsRefused()
    {
        // The element opens the whole row of inputs and as many weights: over a million gas.
        const int Depth = 49_000;
        GraphBuilder builder = new GraphBuilder(GraphBuilder.Int8(0, 1, Depth)).Add(
            GraphBuilder.Int8(0, 1, 1),
            w => new FullyConnected(
                w, Depth, 0, s_all,
                new ChannelParameters(new sbyte[Depth], [0], [1 << 30], [0])));
        AssertRefused("operator 0 FULLY_CONNECTED: the proof of one element has", () =>
            builder.Build());
    }

    [SharedDataTheory("tflite")]
    [InlineData("ad", 264_192)]
    [InlineData("kws", 2_656_768)]
    [InlineData("mobilenet_v2", 300_775_552)]
    public void Open_PublishedModel_CountsItsMacs(string name, long macs)
    {
        using IModel model = ModelFile.Open(SharedData.PathOf("tflite", name, "model.tflite"));
        ModelDescription description = model.Description;
        Assert.Equal((ulong)macs, description.Macs);
        Assert.True(description.Units >= description.Macs);
        Assert.Equal(
            description.Units, description.Operators.Aggregate(0UL, (sum, o) => sum + o.Units));
        Assert.True(ElementGas.Of(description.ProofBytes) <= ElementGas.Max);
        Assert.Equal(description.Units, model.CheckInput(new byte[model.InputBytesMax]).UnitsMax);
    }

    [Fact]
    public void CheckInput_WrongLength_IsOneLine()
    {
        using GraphModel model = SmallModel.Build();
        using IModelSession session = model.CreateSession(Backend.Auto, 1);
        foreach (int length in (ReadOnlySpan<int>)[0, 63, 65, 4096])
        {
            byte[] input = new byte[length];
            AssertRefused($"the input has {length} bytes, the model takes 64", () =>
                model.CheckInput(input));
            AssertRefused($"the input has {length} bytes", () => session.Run(input, default));
        }
    }

    [Fact]
    public void CreateSession_Cuda_IsOneLine()
    {
        using GraphModel model = SmallModel.Build();
        AssertRefused("backend cuda", () => model.CreateSession(Backend.Cuda, 1));
        Assert.Equal("scalar: asked for", Backends.Choose(Backend.Scalar).Reason);
        Assert.StartsWith(
            $"{Backends.Fastest.Name}: chosen, fastest first",
            Backends.Choose(Backend.Auto).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Window_OutputThatDoesNotFit_IsRefused() =>
        AssertRefused("operator 0 MAX_POOL_2D: output size 9 does not fit", () =>
            new GraphBuilder(GraphBuilder.Int8(0, 1, 4, 4, 1)).Add(
                GraphBuilder.Int8(0, 1, 9, 4, 1),
                w => new MaxPool2D(w, new Window(1, 1, 1, 1, 1, 1, 0, 0), s_all)));

    [Fact]
    public void Run_WithoutTrace_AllocatesOnlyItsResult()
    {
        using GraphModel model = SmallModel.Build();
        using IModelSession session = model.CreateSession(Backend.Auto, 1);
        byte[] input = new Prng(3).Bytes(model.InputBytesMax);
        for (int i = 0; i < 50; i++)
        {
            _ = session.Run(input, default);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = session.Run(input, default);
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(bytes < 512, $"{bytes} bytes");
    }

    private static void AssertRefused(string beginning, Func<object> act)
    {
        ModelException refused = Assert.Throws<ModelException>(() => _ = act());
        Assert.StartsWith(beginning, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }
}
