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
    public sbyte[] Weights { get; } = weights;

    public int[] Bias { get; } = bias;

    public int[] Multiplier { get; } = multiplier;

    public int[] Shift { get; } = shift;

    public int Channels => Bias.Length;

    public int WeightsPerChannel => Weights.Length / Bias.Length;
}
