using System;
using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Tests;

/// <summary>
/// Layers of random shape: the AVX2 kernels give every byte of the scalar definition.
/// </summary>
public sealed class BackendEqualityTests
{
    private static readonly int s_layersPerKind = Runs.Count(fast: 120, full: 3_000);

    [Fact]
    public void Conv2D_RandomLayers_Equal() => Compare(0xC0, RandomConv);

    [Fact]
    public void GroupedConv2D_RandomLayers_Equal() => Compare(0xC1, RandomGroupedConv);

    [Fact]
    public void DepthwiseConv2D_RandomLayers_Equal() => Compare(0xD0, RandomDepthwise);

    [Fact]
    public void FullyConnected_RandomLayers_Equal() => Compare(0xF0, RandomFullyConnected);

    [Fact]
    public void AveragePool2D_RandomWindows_Equal() => Compare(0xB0, RandomPool);

    [Fact]
    public void Add_RandomTensors_Equal() => Compare(0xA0, RandomAdd);

    [Fact]
    public void Mean_RandomAxes_Equal() => Compare(0xE0, RandomMean);

    [Fact]
    public void Quantize_RandomScales_Equal() => Compare(0x90, RandomQuantize);

    private static void Compare(ulong seed, Func<TestNumbers, GraphBuilder> make)
    {
        TestNumbers numbers = new(seed);
        HashSet<string> outputs = [];
        for (int i = 0; i < s_layersPerKind; i++)
        {
            using GraphModel model = make(numbers).Build();
            byte[] input = i == 0
                ? new byte[model.InputBytesMax]
                : numbers.Bytes(model.InputBytesMax);
            if (i == 1)
            {
                Array.Fill(input, unchecked((byte)sbyte.MinValue));
            }

            using IModelSession scalar = model.CreateSession(Backend.Scalar, 1);
            using IModelSession avx2 = model.CreateSession(Backend.Avx2, 2);
            RunResult expected = scalar.Run(input, new RunOptions { Trace = true });
            RunResult actual = avx2.Run(input, new RunOptions { Trace = true });
            Assert.True(
                expected.Output.AsSpan().SequenceEqual(actual.Output),
                $"seed {seed:x} layer {i}: {model.Graph.Inputs[0]} to "
                    + model.Graph.Operators[0].Output);
            Assert.Equal(expected.TraceRoot, actual.TraceRoot);
            outputs.Add(Hex.Encode(actual.Output));
        }

        // The layers must be alive: as many different outputs as layers, nearly.
        Assert.True(outputs.Count > s_layersPerKind * 3 / 4, $"{outputs.Count} different outputs");
    }

    private static GraphBuilder RandomConv(TestNumbers numbers)
    {
        int depth = numbers.Between(1, 37);
        return Conv(numbers, depth, depth, numbers.Between(1, 40));
    }

    private static GraphBuilder RandomGroupedConv(TestNumbers numbers)
    {
        int groups = numbers.Between(2, 5);
        int filterDepth = numbers.Between(1, 9);
        return Conv(numbers, groups * filterDepth, filterDepth, groups * numbers.Between(1, 20));
    }

    private static GraphBuilder Conv(
        TestNumbers numbers, int depth, int filterDepth, int channels)
    {
        GraphTensor input = Image(numbers, depth);
        (Window window, GraphTensor output) = RandomWindow(numbers, input, channels);
        int perChannel = window.Taps * filterDepth;
        return new GraphBuilder(input).Add(output, w => new Conv2D(
            w, window, filterDepth, Clamp(numbers), Parameters(numbers, channels, perChannel)));
    }

    private static GraphBuilder RandomDepthwise(TestNumbers numbers)
    {
        GraphTensor input = Image(numbers, numbers.Between(1, 50));
        int channels = input[3] * (numbers.Between(0, 3) == 0 ? numbers.Between(2, 5) : 1);
        (Window window, GraphTensor output) = RandomWindow(numbers, input, channels);
        return new GraphBuilder(input).Add(output, w => new DepthwiseConv2D(
            w, window, Clamp(numbers), Parameters(numbers, channels, window.Taps)));
    }

    private static GraphBuilder RandomFullyConnected(TestNumbers numbers)
    {
        int depth = numbers.Between(1, 300);
        int channels = numbers.Between(1, 70);
        int batches = numbers.Between(1, 9);
        int weightZero = numbers.Between(0, 2) == 0 ? numbers.Between(-128, 127) : 0;
        GraphTensor input = GraphBuilder.Int8(numbers.Between(-128, 127), batches, depth);
        GraphTensor output = GraphBuilder.Int8(numbers.Between(-128, 127), batches, channels);
        return new GraphBuilder(input).Add(output, w => new FullyConnected(
            w, depth, weightZero, Clamp(numbers), Parameters(numbers, channels, depth)));
    }

    private static GraphBuilder RandomPool(TestNumbers numbers)
    {
        GraphTensor input = Image(numbers, numbers.Between(1, 30));
        (Window window, GraphTensor output) = RandomWindow(numbers, input, input[3]);
        Window plain = window with { DilationH = 1, DilationW = 1, PadTop = 0, PadLeft = 0 };
        GraphTensor same = GraphBuilder.Int8(
            input.ZeroPoint, input[0],
            Math.Max(1, (input[1] - 1) / plain.StrideH),
            Math.Max(1, (input[2] - 1) / plain.StrideW), output[3]);
        return new GraphBuilder(input).Add(same, w => new AveragePool2D(w, plain, Clamp(numbers)));
    }

    private static GraphBuilder RandomAdd(TestNumbers numbers)
    {
        int[] dims = [numbers.Between(1, 5), numbers.Between(1, 40)];
        GraphTensor a = GraphBuilder.Int8(numbers.Between(-128, 127), dims);
        GraphTensor b = GraphBuilder.Int8(
            numbers.Between(-128, 127), numbers.Between(0, 3) == 0 ? [1, dims[1]] : dims);
        GraphTensor output = GraphBuilder.Int8(numbers.Between(-128, 127), dims);
        return new GraphBuilder(a, b).AddOfInputs(output, w => new Add(
            w, Factor(numbers, -3, 0), Factor(numbers, -3, 0), Factor(numbers, -20, -16),
            Clamp(numbers)));
    }

    private static GraphBuilder RandomMean(TestNumbers numbers)
    {
        int[] dims =
        [
            numbers.Between(1, 3), numbers.Between(1, 6), numbers.Between(1, 6),
            numbers.Between(1, 30),
        ];
        int axes = numbers.Between(0, 15);
        int[] kept = [.. dims.Where((_, i) => (axes >> i & 1) == 0)];
        GraphTensor input = GraphBuilder.Int8(numbers.Between(-128, 127), dims);
        GraphTensor output = GraphBuilder.Int8(
            numbers.Between(-128, 127), kept.Length == 0 ? [1] : kept);
        (int multiplier, int shift) = Mean.Fold(
            numbers.Between(1 << 30, int.MaxValue), numbers.Between(0, 2),
            Mean.CountOf(input, axes));
        return new GraphBuilder(input).Add(output, w => new Mean(w, axes, multiplier, shift));
    }

    private static GraphBuilder RandomQuantize(TestNumbers numbers)
    {
        int[] dims = [1, numbers.Between(20, 90)];
        int way = numbers.Between(0, 2);
        GraphTensor input = way == 0
            ? new GraphTensor(TensorType.UInt8, dims, numbers.Between(0, 255))
            : GraphBuilder.Int8(numbers.Between(-128, 127), dims);
        GraphTensor output = way == 1
            ? new GraphTensor(TensorType.UInt8, dims, numbers.Between(0, 255))
            : GraphBuilder.Int8(numbers.Between(-128, 127), dims);
        return new GraphBuilder(input).Add(
            output, w => new Quantize(w, Factor(numbers, -2, 2)));
    }

    private static Rescale Factor(TestNumbers numbers, int shiftMin, int shiftMax) => new(
        numbers.Between(1 << 30, int.MaxValue), numbers.Between(shiftMin, shiftMax));

    private static GraphTensor Image(TestNumbers numbers, int depth) => GraphBuilder.Int8(
        numbers.Between(-128, 127), numbers.Between(1, 2), numbers.Between(1, 12),
        numbers.Between(1, 12), depth);

    private static (Window Window, GraphTensor Output) RandomWindow(
        TestNumbers numbers, GraphTensor input, int channels)
    {
        (int filterH, int strideH, int dilationH, int padH, int height) = Axis(numbers, input[1]);
        (int filterW, int strideW, int dilationW, int padW, int width) = Axis(numbers, input[2]);
        Window window = new(filterH, filterW, strideH, strideW, dilationH, dilationW, padH, padW);
        return (window, GraphBuilder.Int8(
            numbers.Between(-128, 127), input[0], height, width, channels));
    }

    /// <summary>SAME padding half of the time; VALID where the filter fits.</summary>
    private static (int Filter, int Stride, int Dilation, int Pad, int Size) Axis(
        TestNumbers numbers, int size)
    {
        int filter = numbers.Between(1, 5);
        int stride = numbers.Between(1, 3);
        int dilation = numbers.Between(0, 3) == 0 ? numbers.Between(2, 3) : 1;
        int extent = (filter - 1) * dilation + 1;
        if (size >= extent && numbers.Between(0, 1) == 0)
        {
            return (filter, stride, dilation, 0, (size - extent) / stride + 1);
        }

        int output = (size + stride - 1) / stride;
        int pad = Math.Max(0, (output - 1) * stride + extent - size) / 2;
        return (filter, stride, dilation, pad, output);
    }

    private static Activation Clamp(TestNumbers numbers)
    {
        int min = numbers.Between(-128, 0);
        return numbers.Between(0, 1) == 0
            ? new Activation(sbyte.MinValue, sbyte.MaxValue)
            : new Activation(min, numbers.Between(min, 127));
    }

    /// <summary>Multipliers that bring typical sums to 8 bits, and shifts of either sign.</summary>
    private static ChannelParameters Parameters(TestNumbers numbers, int channels, int perChannel)
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
}
