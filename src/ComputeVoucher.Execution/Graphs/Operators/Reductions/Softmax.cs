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

    /// <summary>
    /// Largest right shift that gemmlowp's RoundingDivideByPOT defines. A row of 512 equal elements
    /// exceeds it; no share is then as large as half a step of the output, so each is 0.
    /// </summary>
    private const int ExponentMax = 31;

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

    public override sbyte Element<TReader>(ref TReader reader, int index) =>
        Share(RowOf(ref reader, index - index % Input.Last), reader.Read(0, index));

    /// <summary>
    /// The row form: what all elements of a row share is computed once per row.
    /// </summary>
    public override void Run(TensorReader reader, Span<sbyte> output)
    {
        for (int from = 0; from < output.Length; from += Input.Last)
        {
            Row row = RowOf(ref reader, from);
            for (int i = from; i < from + Input.Last; i++)
            {
                output[i] = Share(row, reader.Read(0, i));
            }
        }
    }

    private Row RowOf<TReader>(ref TReader reader, int from)
        where TReader : struct, IElementReader, allows ref struct
    {
        int max = sbyte.MinValue;
        for (int i = from; i < from + Input.Last; i++)
        {
            max = Math.Max(max, reader.Read(0, i));
        }

        int sum = 0;
        for (int i = from; i < from + Input.Last; i++)
        {
            int difference = reader.Read(0, i) - max;
            if (difference >= _differenceMin)
            {
                sum += FixedPoint.RoundingDivideByPowerOfTwo(Exp(difference), SumIntegerBits);
            }
        }

        int scale = FixedPoint.Reciprocal(sum, SumIntegerBits, out int bitsOverUnit);
        return new(max, scale, bitsOverUnit + 31 - 8);
    }

    private sbyte Share(Row row, int x)
    {
        int difference = x - row.Max;
        int share = difference < _differenceMin || row.Exponent > ExponentMax
            ? 0
            : FixedPoint.RoundingDivideByPowerOfTwo(
                FixedPoint.DoublingHighMultiply(row.Scale, Exp(difference)), row.Exponent);
        return (sbyte)Math.Clamp(share + sbyte.MinValue, sbyte.MinValue, sbyte.MaxValue);
    }

    /// <summary>exp(scale · beta · difference), difference ≤ 0, in Q0.31.</summary>
    private int Exp(int difference) => FixedPoint.ExpOnNegative(
        FixedPoint.DoublingHighMultiply(difference << _leftShift, _multiplier));

    /// <summary>Maximum, reciprocal of the sum of exponentials, and its power of two.</summary>
    private readonly record struct Row(int Max, int Scale, int Exponent);
}
