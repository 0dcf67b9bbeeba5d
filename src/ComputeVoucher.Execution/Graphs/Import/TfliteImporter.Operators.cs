using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>Operators without weights.</summary>
internal sealed partial class TfliteImporter
{
    /// <summary>Difference of scales that the reference lets pass as equal, in pools.</summary>
    private const double PoolScaleTolerance = 1.0e-6;

    private static Operator Build(OperatorSource source) => source.Kind switch
    {
        OperatorKind.Conv2D => BuildConv2D(source),
        OperatorKind.DepthwiseConv2D => BuildDepthwiseConv2D(source),
        OperatorKind.FullyConnected => BuildFullyConnected(source),
        OperatorKind.AveragePool2D or OperatorKind.MaxPool2D => BuildPool(source),
        OperatorKind.Mean => BuildMean(source),
        OperatorKind.Add => BuildAdd(source),
        OperatorKind.Pad => BuildPad(source),
        OperatorKind.Reshape => BuildReshape(source),
        OperatorKind.Transpose =>
            new Transpose(source.Wiring, source.IntConstant(1, "permutation")),
        OperatorKind.Softmax => BuildSoftmax(source),
        OperatorKind.Quantize => new Quantize(
            source.Wiring, Quantization.Quantize((double)source.Input.Scale / source.Output.Scale)),
        _ => throw new ArgumentOutOfRangeException(nameof(source)),
    };

    private static Operator BuildPool(OperatorSource source)
    {
        source.RequireOptions(TfliteSchema.OptionsType.Pool2D);
        Window window = MakeWindow(
            source, source.Options.Int32(TfliteSchema.Pool2DOptions.FilterH),
            source.Options.Int32(TfliteSchema.Pool2DOptions.FilterW), 1, 1);
        float difference = MathF.Abs(source.Input.Scale - source.Output.Scale);
        source.Require(difference <= PoolScaleTolerance, "input and output differ in scale");
        Activation activation = source.Activation(TfliteSchema.Pool2DOptions.Activation);
        return source.Kind == OperatorKind.AveragePool2D
            ? new AveragePool2D(source.Wiring, window, activation)
            : new MaxPool2D(source.Wiring, window, activation);
    }

    private static Mean BuildMean(OperatorSource source)
    {
        GraphTensor input = source.Wiring.Input;
        int axes = 0;
        foreach (int axis in source.IntConstant(1, "axes"))
        {
            int dimension = axis < 0 ? axis + input.Rank : axis;
            source.Require(
                dimension >= 0 && dimension < input.Rank,
                FormattableString.Invariant($"axis {axis} of {input.Rank} dimensions"));
            axes |= 1 << dimension;
        }

        Rescale rescale = Quantization.Quantize((double)source.Input.Scale / source.Output.Scale);
        (int multiplier, int shift) =
            Mean.Fold(rescale.Multiplier, rescale.Shift, Mean.CountOf(input, axes));
        return new Mean(source.Wiring, axes, multiplier, shift);
    }

    private static Add BuildAdd(OperatorSource source)
    {
        source.RequireOptions(TfliteSchema.OptionsType.Add);
        float a = source.Inputs[0]!.Scale;
        float b = source.Inputs[1]!.Scale;
        double twiceMax = 2 * (double)Math.Max(a, b);
        return new Add(
            source.Wiring,
            Quantization.Quantize(a / twiceMax),
            Quantization.Quantize(b / twiceMax),
            Quantization.Quantize(twiceMax / ((1 << 20) * (double)source.Output.Scale)),
            source.Activation(TfliteSchema.AddOptions.Activation));
    }

    private static Pad BuildPad(OperatorSource source)
    {
        // The reference pads at most five dimensions.
        const int PadRankMax = 5;
        int rank = source.Wiring.Input.Rank;
        int[] borders = source.IntConstant(1, "borders");
        source.Require(source.Inputs.Length == 2, "a third input is not supported");
        source.Require(
            rank <= PadRankMax && borders.Length == 2 * rank,
            FormattableString.Invariant($"{borders.Length} borders for {rank} dimensions"));
        int[] before = new int[rank];
        int[] after = new int[rank];
        for (int i = 0; i < rank; i++)
        {
            before[i] = borders[2 * i];
            after[i] = borders[2 * i + 1];
        }

        return new Pad(source.Wiring, before, after);
    }

    private static Reshape BuildReshape(OperatorSource source)
    {
        // The output declares its shape; a second input or the options repeat it, and must agree.
        int[] shape = [];
        if (source.Inputs.Length > 1 && source.Inputs[1] is not null)
        {
            shape = source.IntConstant(1, "dimensions");
        }
        else if (source.OptionsType == TfliteSchema.OptionsType.Reshape)
        {
            shape = source.Options.Vector(TfliteSchema.ReshapeOptions.NewShape, 4)
                .Int32Array(GraphTensor.RankMax, "its shape");
        }

        GraphTensor output = source.Wiring.Output;
        bool agrees = shape.Length == 0 || shape.Length == output.Rank;
        int free = 0;
        for (int i = 0; agrees && i < shape.Length; i++)
        {
            // One dimension may be left to the reference to compute.
            free += shape[i] == -1 ? 1 : 0;
            agrees = shape[i] == output[i] || (shape[i] == -1 && free == 1);
        }

        source.Require(
            agrees, source.Output, $"it is {output}, asked for is [{string.Join(", ", shape)}]");
        return new Reshape(source.Wiring);
    }

    private static Softmax BuildSoftmax(OperatorSource source)
    {
        source.RequireOptions(TfliteSchema.OptionsType.Softmax);
        source.Require(
            source.Output.Scale == 1f / 256, source.Output,
            $"softmax writes scale 1/256, not {source.Output.Scale}");
        float beta = source.Options.Single(TfliteSchema.SoftmaxOptions.Beta);
        (int Multiplier, int LeftShift, int DifferenceMin) scaling =
            Quantization.Softmax(beta, source.Input.Scale)
            ?? throw source.Refusal(FormattableString.Invariant(
                $"beta {beta} with input scale {source.Input.Scale} is too small"));
        return new Softmax(
            source.Wiring, scaling.Multiplier, scaling.LeftShift, scaling.DifferenceMin);
    }
}
