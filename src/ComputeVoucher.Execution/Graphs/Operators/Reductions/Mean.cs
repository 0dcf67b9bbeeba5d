using System;
using System.Numerics;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// MEAN over any dimensions: out = clamp(zero + requantize(Σ in − zero · count)), where the
/// multiplier already holds 1 / count (reference_ops::QuantizedMeanOrSum).
/// </summary>
internal sealed class Mean : Operator
{
    private readonly Box _kept;
    private readonly Box _reduced;

    /// <param name="wiring">Place and tensors.</param>
    /// <param name="axes">Bit i set: dimension i is reduced.</param>
    /// <param name="multiplier">From <see cref="Fold"/>.</param>
    /// <param name="shift">From <see cref="Fold"/>.</param>
    public Mean(Wiring wiring, int axes, int multiplier, int shift)
        : base(wiring)
    {
        Axes = axes;
        Multiplier = multiplier;
        Shift = shift;
        Count = CountOf(Input, axes);
        Require(axes >= 0 && axes < 1 << Input.Rank, $"axes {axes:x} of {Input.Rank} dimensions");
        Require(
            (long)Output.Elements * Count == Input.Elements,
            $"output {Output} is not {Input} without the reduced dimensions");
        AccumulatorBound.CheckMultiplier(wiring, Kind, multiplier, shift);
        AccumulatorBound.Check(wiring, Kind, (long)Count * (Input.MagnitudeMax + 255), shift);
        int[] kept = Input.Dims.ToArray();
        int[] reduced = Input.Dims.ToArray();
        for (int i = 0; i < Input.Rank; i++)
        {
            (IsReduced(i) ? kept : reduced)[i] = 1;
        }

        _kept = new(kept, Input.Strides());
        _reduced = new(reduced, Input.Strides());
    }

    public override OperatorKind Kind => OperatorKind.Mean;

    public override ulong Units => (ulong)Input.Elements * CostTable.PoolTap;

    public override ElementReads Reads
    {
        get
        {
            // From the first to the last reduced element: the extents of the reduced dimensions.
            return new(Count, 1, 1 + _reduced.OffsetOf(Count - 1));
        }
    }

    /// <summary>Bit i set: dimension i is reduced.</summary>
    public int Axes { get; }

    /// <summary>Elements that one output element averages.</summary>
    public int Count { get; }

    /// <summary>From <see cref="Fold"/>: it holds 1 / count.</summary>
    public int Multiplier { get; }

    public int Shift { get; }

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
        writer.Write(Axes);
        writer.Write(Multiplier);
        writer.Write(Shift);
    }

    public override sbyte Element<TReader>(ref TReader reader, int index)
    {
        int origin = _kept.OffsetOf(index);
        int sum = 0;
        for (int r = 0; r < Count; r++)
        {
            sum += reader.Read(0, origin + _reduced.OffsetOf(r));
        }

        return Finish(sum);
    }

    /// <summary>From the sum of the elements to their mean on the output's scale.</summary>
    public sbyte Finish(int sum)
    {
        int scaled = FixedPoint.MultiplyByQuantizedMultiplier(
            sum - Input.ZeroPoint * Count, Multiplier, Shift);
        return (sbyte)Math.Clamp(scaled + Output.ZeroPoint, Output.Min, Output.Max);
    }

    private bool IsReduced(int dimension) => (Axes >> dimension & 1) == 1;
}
