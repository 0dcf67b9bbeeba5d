using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// How a filter moves over an NHWC image. Output row y reads input rows
/// y · StrideH − PadTop + DilationH · f for f in 0 … FilterH − 1; columns alike. What falls
/// outside the image is left out of the sum, as the TensorFlow Lite reference kernels do.
/// </summary>
internal readonly record struct Window(
    int FilterH, int FilterW, int StrideH, int StrideW,
    int DilationH, int DilationW, int PadTop, int PadLeft)
{
    /// <summary>Rows from the first tap to the last.</summary>
    public int ExtentH => (FilterH - 1) * DilationH + 1;

    /// <summary>Columns from the first tap to the last.</summary>
    public int ExtentW => (FilterW - 1) * DilationW + 1;

    public int Taps => FilterH * FilterW;

    public static Window Read(ref AttributeReader r) => new(
        r.Read(), r.Read(), r.Read(), r.Read(), r.Read(), r.Read(), r.Read(), r.Read());

    public void Write(ref AttributeWriter writer)
    {
        writer.Write(FilterH);
        writer.Write(FilterW);
        writer.Write(StrideH);
        writer.Write(StrideW);
        writer.Write(DilationH);
        writer.Write(DilationW);
        writer.Write(PadTop);
        writer.Write(PadLeft);
    }

    /// <summary>
    /// Refuses windows that are absurd or whose origin leaves the image by more than the filter:
    /// afterwards every coordinate fits 32 bits and every padded image is bounded.
    /// </summary>
    public void Check(Wiring wiring, OperatorKind kind)
    {
        GraphTensor input = wiring.Input;
        GraphTensor output = wiring.Output;
        wiring.Require(
            input.Rank == 4 && output.Rank == 4, kind, "input and output must have 4 dimensions");
        wiring.Require(input[0] == output[0], kind, "input and output differ in batch");
        CheckAxis(wiring, kind, FilterH, StrideH, DilationH, PadTop, input[1], output[1]);
        CheckAxis(wiring, kind, FilterW, StrideW, DilationW, PadLeft, input[2], output[2]);
    }

    private static void CheckAxis(
        Wiring wiring, OperatorKind kind,
        int filter, int stride, int dilation, int pad, int inputSize, int outputSize)
    {
        wiring.Require(
            filter > 0 && stride > 0 && dilation > 0
                && stride <= GraphLimits.WindowExtentMax
                && (filter - 1L) * dilation + 1 <= GraphLimits.WindowExtentMax,
            kind,
            $"filter {filter}, stride {stride}, dilation {dilation}: positive, and at most "
                + $"{GraphLimits.WindowExtentMax} wide, are supported");
        long extent = (filter - 1L) * dilation + 1;
        wiring.Require(
            pad >= 0 && pad < extent && (outputSize - 1L) * stride - pad < inputSize,
            kind,
            $"output size {outputSize} does not fit input size {inputSize}, filter {filter}, "
                + $"stride {stride}, dilation {dilation}, padding {pad}");
    }

    /// <summary>Filter taps of one axis that fall inside the image: [First, End).</summary>
    public static (int First, int End) Inside(int origin, int dilation, int filter, int size)
    {
        int first = origin >= 0 ? 0 : (-origin + dilation - 1) / dilation;
        int end = origin >= size ? 0 : Math.Min(filter, (size - origin + dilation - 1) / dilation);
        return (first, Math.Max(first, end));
    }
}
