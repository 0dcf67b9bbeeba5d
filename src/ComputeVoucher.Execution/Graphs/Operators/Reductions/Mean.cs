using System;
using System.Numerics;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// MEAN over any dimensions: out = clamp(zero + requantize(Σ in − zero · count)), where the
/// multiplier already holds 1 / count (reference_ops::QuantizedMeanOrSum).
/// </summary>
internal sealed partial class Mean : Operator
{
    private readonly int _axes;
    private readonly int _multiplier;
    private readonly int _shift;

    /// <param name="wiring">Place and tensors.</param>
    /// <param name="axes">Bit i set: dimension i is reduced.</param>
    /// <param name="multiplier">From <see cref="Fold"/>.</param>
    /// <param name="shift">From <see cref="Fold"/>.</param>
    public Mean(Wiring wiring, int axes, int multiplier, int shift)
        : base(wiring)
    {
        _axes = axes;
        _multiplier = multiplier;
        _shift = shift;
        Count = CountOf(Input, axes);
        Require(axes >= 0 && axes < 1 << Input.Rank, $"axes {axes:x} of {Input.Rank} dimensions");
        Require(
            (long)Output.Elements * Count == Input.Elements,
            $"output {Output} is not {Input} without the reduced dimensions");
        AccumulatorBound.CheckMultiplier(wiring, Kind, multiplier, shift);
        AccumulatorBound.Check(wiring, Kind, (long)Count * (Input.MagnitudeMax + 255), shift);
    }

    public override OperatorKind Kind => OperatorKind.Mean;

    public override ulong Units => (ulong)Input.Elements * CostTable.PoolTap;

    public override ElementReads Reads
    {
        get
        {
            // From the first to the last reduced element: the extents of the reduced dimensions.
            long span = 1;
            long stride = 1;
            for (int i = Input.Rank - 1; i >= 0; i--)
            {
                span += (_axes >> i & 1) == 1 ? (Input[i] - 1L) * stride : 0;
                stride *= Input[i];
            }

            return new(Count, 1, span);
        }
    }

    private int Count { get; }

    /// <summary>Elements that one output element averages.</summary>
    public static int CountOf(GraphTensor input, int axes)
    {
        int count = 1;
        for (int i = 0; i < input.Rank; i++)
        {
            count *= (axes >> i & 1) == 1 ? input[i] : 1;
        }

        return count;
    }

    /// <summary>
    /// Puts 1 / count into a multiplier, as the reference does at run time: it makes room for
    /// ⌊log₂ count⌋ bits first, then divides and drops the remainder.
    /// </summary>
    public static (int Multiplier, int Shift) Fold(int multiplier, int shift, int count)
    {
        int room = Math.Min(Math.Min(BitOperations.Log2((uint)count), 32), 31 + shift);
        return ((int)(((long)multiplier << room) / count), shift - room);
    }

    public override void WriteAttributes(ref AttributeWriter writer)
    {
        writer.Write(_axes);
        writer.Write(_multiplier);
        writer.Write(_shift);
    }

    public override void Run(
        ReadOnlySpan<sbyte> first, ReadOnlySpan<sbyte> second, Span<sbyte> output)
    {
        Span<int> kept = stackalloc int[GraphTensor.RankMax];
        Span<int> reduced = stackalloc int[GraphTensor.RankMax];
        for (int i = 0; i < Input.Rank; i++)
        {
            bool reduce = (_axes >> i & 1) == 1;
            kept[i] = reduce ? 1 : Input[i];
            reduced[i] = reduce ? Input[i] : 1;
        }

        int rank = Input.Rank;
        int count = Count;
        for (int o = 0; o < output.Length; o++)
        {
            int origin = Offset(o, kept[..rank]);
            int sum = 0;
            for (int r = 0; r < count; r++)
            {
                sum += first[origin + Offset(r, reduced[..rank])];
            }

            output[o] = Finish(sum);
        }
    }

    /// <summary>From the sum of the elements to their mean on the output's scale.</summary>
    private sbyte Finish(int sum)
    {
        int scaled = FixedPoint.MultiplyByQuantizedMultiplier(
            sum - Input.ZeroPoint * Count, _multiplier, _shift);
        return (sbyte)Math.Clamp(scaled + Output.ZeroPoint, Output.Min, Output.Max);
    }

    /// <summary>Offset in the input of element number n of the box with these extents.</summary>
    private int Offset(int n, ReadOnlySpan<int> extents)
    {
        int offset = 0;
        int stride = 1;
        for (int i = extents.Length - 1; i >= 0; i--)
        {
            offset += n % extents[i] * stride;
            n /= extents[i];
            stride *= Input[i];
        }

        return offset;
    }
}
