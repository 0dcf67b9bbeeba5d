using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>Weights and requantization of one output channel.</summary>
internal readonly ref struct Channel(
    ReadOnlySpan<sbyte> weights, int bias, int multiplier, int shift)
{
    /// <summary>(filter row, filter column, depth).</summary>
    public readonly ReadOnlySpan<sbyte> Weights = weights;

    public readonly int Bias = bias;

    public readonly int Multiplier = multiplier;

    public readonly int Shift = shift;

    /// <summary>From a sum of products to the output's scale.</summary>
    public int Scale(int sum) =>
        FixedPoint.MultiplyByQuantizedMultiplier(sum + Bias, Multiplier, Shift);
}
