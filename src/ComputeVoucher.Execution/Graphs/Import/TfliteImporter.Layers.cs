using System;
using System.Runtime.InteropServices;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>Operators with weights: convolutions and fully connected layers.</summary>
internal sealed partial class TfliteImporter
{
    /// <summary>How far the bias scale may be off, in output steps (kernel_util.cc).</summary>
    private const double BiasScaleTolerance = 0.02;

    private static Conv2D BuildConv2D(OperatorSource source)
    {
        source.RequireOptions(TfliteSchema.OptionsType.Conv2D);
        SourceTensor weights = Weights(source, rank: 4, channelDimension: 0);
        Window window = MakeWindow(
            source, weights.Shape[1], weights.Shape[2],
            source.Options.Int32(TfliteSchema.Conv2DOptions.DilationH, 1),
            source.Options.Int32(TfliteSchema.Conv2DOptions.DilationW, 1));
        int channels = weights.Shape[0];
        RequireSymmetric(source, weights);
        ChannelParameters parameters = new(
            MemoryMarshal.Cast<byte, sbyte>(weights.Data.Span).ToArray(),
            Bias(source, channels), new int[channels], new int[channels]);
        PerChannelMultipliers(source, weights, quantizedDimension: 0, parameters);
        return new Conv2D(
            source.Wiring, window, weights.Shape[3],
            source.Activation(TfliteSchema.Conv2DOptions.Activation), parameters);
    }

    private static DepthwiseConv2D BuildDepthwiseConv2D(OperatorSource source)
    {
        source.RequireOptions(TfliteSchema.OptionsType.DepthwiseConv2D);
        SourceTensor weights = Weights(source, rank: 4, channelDimension: 3);
        Window window = MakeWindow(
            source, weights.Shape[1], weights.Shape[2],
            source.Options.Int32(TfliteSchema.DepthwiseConv2DOptions.DilationH, 1),
            source.Options.Int32(TfliteSchema.DepthwiseConv2DOptions.DilationW, 1));
        int channels = weights.Shape[3];
        source.Require(weights.Shape[0] == 1, weights, "its first dimension is not 1");
        RequireSymmetric(source, weights);
        ChannelParameters parameters = new(
            ByChannel(weights.Data.Span, channels),
            Bias(source, channels), new int[channels], new int[channels]);
        PerChannelMultipliers(source, weights, quantizedDimension: 3, parameters);
        return new DepthwiseConv2D(
            source.Wiring, window,
            source.Activation(TfliteSchema.DepthwiseConv2DOptions.Activation), parameters);
    }

    private static FullyConnected BuildFullyConnected(OperatorSource source)
    {
        source.RequireOptions(TfliteSchema.OptionsType.FullyConnected);
        source.Require(
            source.Options.Byte(TfliteSchema.FullyConnectedOptions.WeightsFormat) == 0,
            "shuffled weights are not supported");
        SourceTensor weights = Weights(source, rank: 2, channelDimension: 0);
        int channels = weights.Shape[0];
        ChannelParameters parameters = new(
            MemoryMarshal.Cast<byte, sbyte>(weights.Data.Span).ToArray(),
            Bias(source, channels), new int[channels], new int[channels]);
        if (weights.Scales.Length > 1)
        {
            RequireSymmetric(source, weights);
            PerChannelMultipliers(source, weights, quantizedDimension: 0, parameters);
        }
        else
        {
            PerTensorMultiplier(source, weights, parameters);
        }

        return new FullyConnected(
            source.Wiring, weights.Shape[1], weights.ZeroPoint,
            source.Activation(TfliteSchema.FullyConnectedOptions.Activation), parameters);
    }

    private static SourceTensor Weights(
        OperatorSource source, int rank, int channelDimension)
    {
        source.Require(source.Inputs.Length is 2 or 3, $"{source.Inputs.Length} inputs");
        SourceTensor weights = source.Inputs[1] ?? throw source.Refusal("its weights are missing");
        source.Require(weights.IsConstant, weights, "weights that are computed are not supported");
        source.Require(
            weights.Type == (int)TensorType.Int8, weights,
            $"its weights are {TfliteNames.Type(weights.Type)}, INT8 is supported");
        source.Require(
            weights.Scales.Length > 0, weights, "its weights have no quantization");
        source.Require(
            weights.Shape.Length == rank, weights,
            $"its weights have {weights.Shape.Length} dimensions, {rank} are wanted");
        foreach (int dim in weights.Shape)
        {
            source.Require(dim > 0, weights, $"dimension {dim}");
        }

        // A layer has its own copy of the weights, and of each channel bias, multiplier and shift.
        long channels = weights.Shape[channelDimension];
        source.Require(
            source.Budget.Take(weights.Data.Length + 3 * sizeof(int) * channels), weights,
            ParameterBudget.Exceeded);
        return weights;
    }

    private static int[] Bias(OperatorSource source, int channels)
    {
        int[] bias = new int[channels];
        if (source.Inputs.Length < 3 || source.Inputs[2] is not { } tensor)
        {
            return bias;
        }

        source.Require(tensor.IsConstant, tensor, "a bias that is computed is not supported");
        source.Require(
            tensor.Type == (int)TensorType.Int32, tensor,
            $"its bias is {TfliteNames.Type(tensor.Type)}, INT32 is supported");
        source.Require(
            tensor.Data.Length == 4L * channels, tensor,
            $"{tensor.Data.Length} bytes for the bias of {channels} channels");
        for (int i = 0; i < channels; i++)
        {
            bias[i] = BitConverter.ToInt32(tensor.Data.Span[(4 * i)..]);
        }

        return bias;
    }

    private static void RequireSymmetric(OperatorSource source, SourceTensor weights) =>
        source.Require(
            weights.ZeroPoints.AsSpan().IndexOfAnyExcept(0) < 0, weights,
            "weights with a zero point are not supported here");

    /// <summary>PopulateConvolutionQuantizationParams: doubles throughout.</summary>
    private static void PerChannelMultipliers(
        OperatorSource source, SourceTensor weights, int quantizedDimension, ChannelParameters p)
    {
        int scales = weights.Scales.Length;
        source.Require(
            scales == 1
                || (scales == p.Channels && weights.QuantizedDimension == quantizedDimension),
            weights,
            $"{scales} scales along dimension {weights.QuantizedDimension} "
                + $"for {p.Channels} channels");
        for (int i = 0; i < p.Channels; i++)
        {
            double factor = (double)source.Input.Scale * weights.Scales[scales == 1 ? 0 : i]
                / source.Output.Scale;
            (p.Multiplier[i], p.Shift[i]) = Quantization.Quantize(factor);
        }
    }

    /// <summary>
    /// GetQuantizedConvolutionMultipler: the product of scales is single precision.
    /// </summary>
    private static void PerTensorMultiplier(
        OperatorSource source, SourceTensor weights, ChannelParameters p)
    {
        if (source.Inputs.Length == 3 && source.Inputs[2] is { Scales.Length: > 0 } bias)
        {
            double off = Math.Abs((double)source.Input.Scale * weights.Scale - bias.Scale);
            source.Require(
                off / source.Output.Scale <= BiasScaleTolerance, bias,
                "its scale is not the product of input and weight scale");
        }

        double product = source.Input.Scale * weights.Scale;
        (int multiplier, int shift) = Quantization.Quantize(product / source.Output.Scale);
        p.Multiplier.AsSpan().Fill(multiplier);
        p.Shift.AsSpan().Fill(shift);
    }

    /// <summary>(taps, channels) as the file has depthwise weights, to (channels, taps).</summary>
    private static sbyte[] ByChannel(ReadOnlySpan<byte> weights, int channels)
    {
        int taps = weights.Length / channels;
        sbyte[] turned = new sbyte[weights.Length];
        for (int t = 0; t < taps; t++)
        {
            for (int c = 0; c < channels; c++)
            {
                turned[c * taps + t] = (sbyte)weights[t * channels + c];
            }
        }

        return turned;
    }

    /// <summary>SAME and VALID padding as numbers (kernels/padding.h).</summary>
    private static Window MakeWindow(
        OperatorSource source, int filterH, int filterW, int dilationH, int dilationW)
    {
        byte padding = source.Options.Byte(TfliteSchema.WindowOptions.Padding);
        int strideH = source.Options.Int32(TfliteSchema.WindowOptions.StrideH);
        int strideW = source.Options.Int32(TfliteSchema.WindowOptions.StrideW);
        GraphTensor input = source.Wiring.Input;
        GraphTensor output = source.Wiring.Output;
        source.Require(
            input.Rank == 4 && output.Rank == 4, "input and output must have 4 dimensions");
        source.Require(
            padding is TfliteSchema.Same or TfliteSchema.Valid,
            FormattableString.Invariant($"padding {padding}"));
        int top = Before(source, padding, input[1], output[1], filterH, strideH, dilationH);
        int left = Before(source, padding, input[2], output[2], filterW, strideW, dilationW);
        return new Window(
            filterH, filterW, strideH, strideW, dilationH, dilationW, top, left);
    }

    private static int Before(
        OperatorSource source, byte padding, int inSize, int outSize,
        int filter, int stride, int dilation)
    {
        source.Require(
            filter > 0 && stride > 0 && dilation > 0,
            FormattableString.Invariant($"filter {filter}, stride {stride}, dilation {dilation}"));
        long extent = (filter - 1L) * dilation + 1;
        long wanted = padding == TfliteSchema.Same
            ? (inSize + (long)stride - 1) / stride
            : (inSize + (long)stride - extent) / stride;
        source.Require(
            wanted == outSize,
            FormattableString.Invariant($"output size {outSize}, its window makes {wanted}"));
        long total = Math.Max(0, (outSize - 1L) * stride + extent - inSize);
        return (int)Math.Min(int.MaxValue, total / 2);
    }
}
