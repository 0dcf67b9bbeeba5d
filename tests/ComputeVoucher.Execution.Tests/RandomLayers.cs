using System;
using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Tests;

/// <summary>Graphs of one operator, of random shape and random numbers.</summary>
internal static class RandomLayers
{
    /// <summary>One maker per kind of operator, and one for grouped convolutions.</summary>
    public static IReadOnlyDictionary<string, Func<Prng, GraphBuilder>> All { get; } =
        new Dictionary<string, Func<Prng, GraphBuilder>>
        {
            ["CONV_2D"] = Conv2D,
            ["CONV_2D grouped"] = GroupedConv,
            ["DEPTHWISE_CONV_2D"] = Depthwise,
            ["FULLY_CONNECTED"] = FullyConnected,
            ["AVERAGE_POOL_2D"] = Pool,
            ["MAX_POOL_2D"] = MaxPool,
            ["ADD"] = Add,
            ["MEAN"] = Mean,
            ["QUANTIZE"] = Quantize,
            ["SOFTMAX"] = Softmax,
            ["PAD"] = Pad,
            ["TRANSPOSE"] = Transpose,
            ["RESHAPE"] = Reshape,
        };

    public static GraphBuilder Conv2D(Prng numbers)
    {
        int depth = numbers.Between(1, 37);
        return Conv(numbers, depth, depth, numbers.Between(1, 40));
    }

    public static GraphBuilder GroupedConv(Prng numbers)
    {
        int groups = numbers.Between(2, 5);
        int filterDepth = numbers.Between(1, 9);
        return Conv(numbers, groups * filterDepth, filterDepth, groups * numbers.Between(1, 20));
    }

    private static GraphBuilder Conv(
        Prng numbers, int depth, int filterDepth, int channels)
    {
        GraphTensor input = Image(numbers, depth);
        (Window window, GraphTensor output) = RandomWindow(numbers, input, channels);
        int perChannel = window.Taps * filterDepth;
        return new GraphBuilder(input).Add(output, w => new Conv2D(
            w, window, filterDepth, Clamp(numbers), Parameters(numbers, channels, perChannel)));
    }

    public static GraphBuilder Depthwise(Prng numbers)
    {
        GraphTensor input = Image(numbers, numbers.Between(1, 50));
        int channels = input[3] * (numbers.Between(0, 3) == 0 ? numbers.Between(2, 5) : 1);
        (Window window, GraphTensor output) = RandomWindow(numbers, input, channels);
        return new GraphBuilder(input).Add(output, w => new DepthwiseConv2D(
            w, window, Clamp(numbers), Parameters(numbers, channels, window.Taps)));
    }

    public static GraphBuilder FullyConnected(Prng numbers)
    {
        int depth = numbers.Between(1, 300);
        int channels = numbers.Between(1, 70);
        int batches = numbers.Between(1, 9);
        int weightZero = numbers.Between(0, 2) == 0 ? numbers.Between(-128, 127) : 0;
        GraphTensor input = Int8(numbers.Between(-128, 127), batches, depth);
        GraphTensor output = Int8(numbers.Between(-128, 127), batches, channels);
        return new GraphBuilder(input).Add(output, w => new FullyConnected(
            w, depth, weightZero, Clamp(numbers), Parameters(numbers, channels, depth)));
    }

    public static GraphBuilder Pool(Prng numbers)
    {
        GraphTensor input = Image(numbers, numbers.Between(1, 30));
        (Window window, GraphTensor output) = RandomWindow(numbers, input, input[3]);
        Window plain = window with { DilationH = 1, DilationW = 1, PadTop = 0, PadLeft = 0 };
        GraphTensor same = Int8(
            input.ZeroPoint, input[0],
            Math.Max(1, (input[1] - 1) / plain.StrideH),
            Math.Max(1, (input[2] - 1) / plain.StrideW), output[3]);
        return new GraphBuilder(input).Add(same, w => new AveragePool2D(w, plain, Clamp(numbers)));
    }

    public static GraphBuilder Add(Prng numbers)
    {
        int[] dims = [numbers.Between(1, 5), numbers.Between(1, 40)];
        GraphTensor a = Int8(numbers.Between(-128, 127), dims);
        GraphTensor b = Int8(
            numbers.Between(-128, 127), numbers.Between(0, 3) == 0 ? [1, dims[1]] : dims);
        GraphTensor output = Int8(numbers.Between(-128, 127), dims);
        return new GraphBuilder(a, b).AddOfInputs(output, w => new Add(
            w, Factor(numbers, -3, 0), Factor(numbers, -3, 0), Factor(numbers, -20, -16),
            Clamp(numbers)));
    }

    public static GraphBuilder Mean(Prng numbers)
    {
        int[] dims =
        [
            numbers.Between(1, 3), numbers.Between(1, 6), numbers.Between(1, 6),
            numbers.Between(1, 30),
        ];
        int axes = numbers.Between(0, 15);
        int[] kept = [.. dims.Where((_, i) => (axes >> i & 1) == 0)];
        GraphTensor input = Int8(numbers.Between(-128, 127), dims);
        GraphTensor output = Int8(
            numbers.Between(-128, 127), kept.Length == 0 ? [1] : kept);
        (int multiplier, int shift) = Graphs.Mean.Fold(
            numbers.Between(1 << 30, int.MaxValue), numbers.Between(0, 2),
            Graphs.Mean.CountOf(input, axes));
        return new GraphBuilder(input).Add(output, w => new Mean(w, axes, multiplier, shift));
    }

    public static GraphBuilder Quantize(Prng numbers)
    {
        int[] dims = [1, numbers.Between(20, 90)];
        int way = numbers.Between(0, 2);
        GraphTensor input = way == 0
            ? new GraphTensor(TensorType.UInt8, dims, numbers.Between(0, 255))
            : Int8(numbers.Between(-128, 127), dims);
        GraphTensor output = way == 1
            ? new GraphTensor(TensorType.UInt8, dims, numbers.Between(0, 255))
            : Int8(numbers.Between(-128, 127), dims);
        return new GraphBuilder(input).Add(
            output, w => new Quantize(w, Factor(numbers, -2, 2)));
    }

    public static GraphBuilder MaxPool(Prng numbers)
    {
        GraphTensor input = Image(numbers, numbers.Between(1, 30));
        (Window window, GraphTensor output) =
            RandomWindow(numbers, input, input[3], dilated: false);
        GraphTensor same = Int8(input.ZeroPoint, output.Dims);
        return new GraphBuilder(input).Add(same, w => new MaxPool2D(w, window, Clamp(numbers)));
    }

    public static GraphBuilder Softmax(Prng numbers)
    {
        int[] dims = [numbers.Between(1, 3), numbers.Between(1, 60)];
        int shift = numbers.Between(18, 23);
        return new GraphBuilder(Int8(0, dims)).Add(Int8(-128, dims), w => new Softmax(
            w, numbers.Between(1 << 30, int.MaxValue), shift, -numbers.Between(20, 255)));
    }

    public static GraphBuilder Pad(Prng numbers)
    {
        int[] dims = Dims(numbers);
        int[] before = [.. dims.Select(_ => numbers.Between(0, 3))];
        int[] after = [.. dims.Select(_ => numbers.Between(0, 3))];
        int[] padded = [.. dims.Select((d, i) => before[i] + d + after[i])];
        int zero = numbers.Between(-128, 127);
        return new GraphBuilder(Int8(zero, dims)).Add(
            Int8(zero, padded), w => new Pad(w, before, after));
    }

    public static GraphBuilder Transpose(Prng numbers)
    {
        int[] dims = Dims(numbers);
        int[] perm = [.. Enumerable.Range(0, dims.Length).OrderBy(_ => numbers.Next())];
        int[] turned = [.. perm.Select(i => dims[i])];
        return new GraphBuilder(Int8(0, dims)).Add(
            Int8(0, turned), w => new Transpose(w, perm));
    }

    public static GraphBuilder Reshape(Prng numbers)
    {
        int[] dims = Dims(numbers);
        return new GraphBuilder(Int8(0, dims)).Add(
            Int8(0, dims.Aggregate((a, b) => a * b)), w => new Reshape(w));
    }

    private static int[] Dims(Prng numbers) =>
        [.. Enumerable.Range(0, numbers.Between(1, 4)).Select(_ => numbers.Between(1, 9))];

    private static Rescale Factor(Prng numbers, int shiftMin, int shiftMax) => new(
        numbers.Between(1 << 30, int.MaxValue), numbers.Between(shiftMin, shiftMax));

    private static GraphTensor Image(Prng numbers, int depth) => Int8(
        numbers.Between(-128, 127), numbers.Between(1, 2), numbers.Between(1, 12),
        numbers.Between(1, 12), depth);

    private static (Window Window, GraphTensor Output) RandomWindow(
        Prng numbers, GraphTensor input, int channels, bool dilated = true)
    {
        (int filterH, int strideH, int dilationH, int padH, int height) =
            Axis(numbers, input[1], dilated);
        (int filterW, int strideW, int dilationW, int padW, int width) =
            Axis(numbers, input[2], dilated);
        Window window = new(filterH, filterW, strideH, strideW, dilationH, dilationW, padH, padW);
        return (window, Int8(
            numbers.Between(-128, 127), input[0], height, width, channels));
    }

    /// <summary>SAME padding half of the time; VALID where the filter fits.</summary>
    private static (int Filter, int Stride, int Dilation, int Pad, int Size) Axis(
        Prng numbers, int size, bool dilated)
    {
        int filter = numbers.Between(1, 5);
        int stride = numbers.Between(1, 3);
        int dilation = dilated && numbers.Between(0, 3) == 0 ? numbers.Between(2, 3) : 1;
        int extent = (filter - 1) * dilation + 1;
        if (size >= extent && numbers.Between(0, 1) == 0)
        {
            return (filter, stride, dilation, 0, (size - extent) / stride + 1);
        }

        int output = (size + stride - 1) / stride;
        int pad = Math.Max(0, (output - 1) * stride + extent - size) / 2;
        return (filter, stride, dilation, pad, output);
    }

    private static Activation Clamp(Prng numbers)
    {
        int min = numbers.Between(-128, 0);
        return numbers.Between(0, 1) == 0
            ? new Activation(sbyte.MinValue, sbyte.MaxValue)
            : new Activation(min, numbers.Between(min, 127));
    }

    /// <summary>Multipliers that bring typical sums to 8 bits, and shifts of either sign.</summary>
    private static ChannelParameters Parameters(Prng numbers, int channels, int perChannel)
    {
        int[] bias = new int[channels];
        int[] multiplier = new int[channels];
        int[] shift = new int[channels];
        for (int c = 0; c < channels; c++)
        {
            bias[c] = numbers.Between(-20000, 20000);
            multiplier[c] = numbers.Between(1 << 30, int.MaxValue);
            shift[c] = numbers.Between(0, 9) == 0
                ? numbers.Between(-31, 3)
                : numbers.Between(-10, -6);
        }

        return new ChannelParameters(
            numbers.SignedBytes(channels * perChannel), bias, multiplier, shift);
    }

    private static GraphTensor Int8(int zeroPoint, params ReadOnlySpan<int> dims) =>
        GraphBuilder.Int8(zeroPoint, dims);
}
