using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// SOFTMAX over the last dimension in gemmlowp's fixed point: exp in Q0.31 of the scaled distance
/// to the row's maximum, sums in Q12.19, one reciprocal per row (reference_ops::Softmax).
/// </summary>
internal sealed class Softmax : Operator
{
    /// <summary>Integer bits of the sum of exponentials.</summary>
    private const int SumIntegerBits = 12;

    /// <summary>Longest row whose sum of exponentials, each at most 1, fits Q12.19.</summary>
    private const int RowElementsMax = (1 << SumIntegerBits) - 1;

    private readonly int _multiplier;
    private readonly int _leftShift;
    private readonly int _differenceMin;

    /// <param name="wiring">Place and tensors.</param>
    /// <param name="multiplier">Scale · beta in Q5.26, as multiplier …</param>
    /// <param name="leftShift">… and left shift.</param>
    /// <param name="differenceMin">Elements further below the maximum come out as 0.</param>
    public Softmax(Wiring wiring, int multiplier, int leftShift, int differenceMin)
        : base(wiring)
    {
        _multiplier = multiplier;
        _leftShift = leftShift;
        _differenceMin = differenceMin;
        Require(Input.Elements == Output.Elements && Input.Last == Output.Last, "shapes differ");
        Require(
            Input.Last <= RowElementsMax,
            $"rows of {Input.Last} elements, {RowElementsMax} is the most");
        Require(
            multiplier >= 0 && leftShift is >= 0 and <= 31 && differenceMin <= 0
                && (long)Math.Max(differenceMin, -255) << leftShift >= int.MinValue,
            $"multiplier {multiplier}, shift {leftShift}, least difference {differenceMin}");
        Require(
            Output.Min == sbyte.MinValue && Output.ZeroPoint == sbyte.MinValue,
            "its output must be int8 with zero point -128");
    }

    public override OperatorKind Kind => OperatorKind.Softmax;

    public override ulong Units => (ulong)Output.Elements * CostTable.SoftmaxElement;

    public override ElementReads Reads => new(1, Input.Last, Input.Last);

    public override void WriteAttributes(ref AttributeWriter writer)
    {
        writer.Write(_multiplier);
        writer.Write(_leftShift);
        writer.Write(_differenceMin);
    }

    public override void Run(
        ReadOnlySpan<sbyte> first, ReadOnlySpan<sbyte> second, Span<sbyte> output)
    {
        for (int row = 0; row < first.Length; row += Input.Last)
        {
            Row(first.Slice(row, Input.Last), output.Slice(row, Input.Last));
        }
    }

    private void Row(ReadOnlySpan<sbyte> input, Span<sbyte> output)
    {
        int max = sbyte.MinValue;
        foreach (sbyte x in input)
        {
            max = Math.Max(max, x);
        }

        int sum = 0;
        foreach (sbyte x in input)
        {
            if (x - max >= _differenceMin)
            {
                sum += FixedPoint.RoundingDivideByPowerOfTwo(Exp(x - max), SumIntegerBits);
            }
        }

        int scale = FixedPoint.Reciprocal(sum, SumIntegerBits, out int bitsOverUnit);
        int exponent = bitsOverUnit + 31 - 8;
        for (int i = 0; i < input.Length; i++)
        {
            int difference = input[i] - max;
            int share = difference < _differenceMin
                ? 0
                : FixedPoint.RoundingDivideByPowerOfTwo(
                    FixedPoint.DoublingHighMultiply(scale, Exp(difference)), exponent);
            output[i] = (sbyte)Math.Clamp(
                share + sbyte.MinValue, sbyte.MinValue, sbyte.MaxValue);
        }
    }

    /// <summary>exp(scale · beta · difference), difference ≤ 0, in Q0.31.</summary>
    private int Exp(int difference) => FixedPoint.ExpOnNegative(
        FixedPoint.DoublingHighMultiply(difference << _leftShift, _multiplier));
}
