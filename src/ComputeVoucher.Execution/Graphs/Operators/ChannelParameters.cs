using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// The parameters of a convolution or fully connected layer, channel by channel: what one
/// parameter leaf of the model root holds.
/// </summary>
/// <param name="weights">(channels, weightsPerChannel): filter row, filter column, depth.</param>
/// <param name="bias">(channels): zeros where the source has none.</param>
/// <param name="multiplier">(channels): 0, or 2^30 to 2^31 − 1.</param>
/// <param name="shift">(channels): power of two after it, negative to the right.</param>
internal sealed class ChannelParameters(
    sbyte[] weights, int[] bias, int[] multiplier, int[] shift)
{
    /// <summary>A shape without content: for a judge, who sees only leaves.</summary>
    public ChannelParameters(int channels, int weightsPerChannel)
        : this([], [], [], []) => (Channels, WeightsPerChannel) = (channels, weightsPerChannel);

    public sbyte[] Weights { get; } = weights;

    public int[] Bias { get; } = bias;

    public int[] Multiplier { get; } = multiplier;

    public int[] Shift { get; } = shift;

    public int Channels { get; } = bias.Length;

    public int WeightsPerChannel { get; } = weights.Length / Math.Max(bias.Length, 1);

    /// <summary>A shape without content.</summary>
    public bool IsAbsent => Bias.Length == 0;

    public Channel this[int c] => new(
        Weights.AsSpan(c * WeightsPerChannel, WeightsPerChannel), Bias[c], Multiplier[c], Shift[c]);

    /// <summary>Whether the layer has exactly so many channels and weights.</summary>
    public bool Fits(int channels, long weightsPerChannel) =>
        Channels == channels && WeightsPerChannel == weightsPerChannel
            && (IsAbsent || Weights.Length == channels * weightsPerChannel);
}

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
