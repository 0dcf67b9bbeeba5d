using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.ModelFiles;

namespace ComputeVoucher.Execution.Tests;

/// <summary>A graph of every kind of operator, small enough to damage byte by byte.</summary>
internal static class SmallModel
{
    public static GraphModel Build(int firstWeight = 1, int zeroPoint = -3)
    {
        Activation all = new(sbyte.MinValue, sbyte.MaxValue);
        Rescale half = new(1 << 30, 0);
        GraphBuilder builder = new GraphBuilder(
            GraphBuilder.Int8(5, 1, 4, 4, 2), GraphBuilder.Int8(-7, 1, 4, 4, 2));
        builder.AddOfInputs(
            GraphBuilder.Int8(zeroPoint, 1, 4, 4, 2),
            w => new Add(w, half, half, new Rescale(1 << 30, -18), all));
        builder.Add(
            GraphBuilder.Int8(zeroPoint, 1, 6, 5, 2),
            w => new Pad(w, [0, 1, 0, 0], [0, 1, 1, 0]));
        builder.Add(
            GraphBuilder.Int8(0, 1, 4, 3, 3),
            w => new Conv2D(
                w, new Window(3, 3, 1, 1, 1, 1, 0, 0), 2, all, Parameters(3, 18, firstWeight)));
        builder.Add(
            GraphBuilder.Int8(1, 1, 4, 3, 3),
            w => new DepthwiseConv2D(
                w, new Window(3, 3, 1, 1, 1, 1, 1, 1), new Activation(1, 127),
                Parameters(3, 9, 2)));
        builder.Add(
            GraphBuilder.Int8(1, 1, 2, 3, 3),
            w => new MaxPool2D(w, new Window(2, 1, 2, 1, 1, 1, 0, 0), all));
        builder.Add(
            GraphBuilder.Int8(1, 1, 2, 2, 3),
            w => new AveragePool2D(w, new Window(1, 2, 1, 1, 1, 1, 0, 0), all));
        builder.Add(GraphBuilder.Int8(1, 1, 3, 2, 2), w => new Transpose(w, [0, 3, 1, 2]));
        builder.Add(GraphBuilder.Int8(2, 1, 3, 2), w => new Mean(w, 1 << 3, 1 << 30, 0));
        builder.Add(GraphBuilder.Int8(2, 1, 6), w => new Reshape(w));
        builder.Add(GraphBuilder.Int8(4, 1, 6), w => new Quantize(w, new Rescale(1 << 30, 2)));
        builder.Add(
            GraphBuilder.Int8(-5, 1, 4),
            w => new FullyConnected(w, 6, 0, all, Parameters(4, 6, 3)));
        builder.Add(
            GraphBuilder.Int8(-128, 1, 4), w => new Softmax(w, 1 << 30, 23, -248));
        return builder.Build();
    }

    private static ChannelParameters Parameters(int channels, int perChannel, int first)
    {
        sbyte[] weights = new Prng(7).SignedBytes(channels * perChannel);
        weights[0] = (sbyte)first;
        int[] bias = new int[channels];
        int[] multiplier = new int[channels];
        int[] shift = new int[channels];
        for (int c = 0; c < channels; c++)
        {
            bias[c] = 100 * c - 50;
            multiplier[c] = (1 << 30) + c;
            shift[c] = -5 - c % 2;
        }

        return new ChannelParameters(weights, bias, multiplier, shift);
    }
}
