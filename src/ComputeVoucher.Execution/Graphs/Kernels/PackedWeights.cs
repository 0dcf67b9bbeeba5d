using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// Weights widened to 16 bits in panels of 16 channels: for each pair of depths, 16 channels times
/// two weights, in the lane order of <see cref="PackedChannels"/>. vpmaddwd then multiplies a
/// broadcast pair of inputs with eight channels at once. Sums of two products of 9-bit numbers
/// fit; everything after that is bounded at import.
/// </summary>
// Safety: the one pointer it gives out is into an array pinned for its life.
internal sealed unsafe class PackedWeights
{
    /// <summary>
    /// Largest packing, in 16-bit numbers: what an array may hold. Many narrow groups, each padded
    /// to 16 channels, can ask for more than their weights; the definition serves those.
    /// </summary>
    private const long ShortsMax = 1 << 28;

    private readonly short[] _weights;

    /// <param name="parameters">The layer.</param>
    /// <param name="groups">1, or the groups of a grouped convolution.</param>
    /// <param name="weightZero">Subtracted from every weight; 0 but for old files.</param>
    public PackedWeights(ChannelParameters parameters, int groups, int weightZero)
    {
        Channels = new PackedChannels(parameters, groups);
        int depth = parameters.WeightsPerChannel;
        Pairs = (depth + 1) / 2;
        PanelShorts = Pairs * 2 * PackedChannels.Block;
        _weights = GC.AllocateArray<short>(
            groups * Channels.BlocksPerGroup * PanelShorts, pinned: true);
        for (int c = 0; c < parameters.Channels; c++)
        {
            int at = c % Channels.GroupChannels;
            int panel = c / Channels.GroupChannels * Channels.BlocksPerGroup
                + at / PackedChannels.Block;
            int lane = PackedChannels.LaneOf(at % PackedChannels.Block);
            for (int d = 0; d < depth; d++)
            {
                int pair = panel * PanelShorts + d / 2 * 2 * PackedChannels.Block;
                _weights[pair + 2 * lane + d % 2] =
                    (short)(parameters.Weights[c * depth + d] - weightZero);
            }
        }
    }

    public PackedChannels Channels { get; }

    /// <summary>Whether a layer's packing stays within <see cref="ShortsMax"/>.</summary>
    public static bool Fits(ChannelParameters parameters, int groups)
    {
        long panels = (long)groups
            * ((parameters.Channels / groups + PackedChannels.Block - 1) / PackedChannels.Block);
        return panels * (parameters.WeightsPerChannel + 1) * PackedChannels.Block <= ShortsMax;
    }

    /// <summary>Pairs of depths; an odd last depth is paired with weight 0.</summary>
    public int Pairs { get; }

    /// <summary>16-bit numbers per panel.</summary>
    public int PanelShorts { get; }

    // Safety: the array is pinned for its life, and this object keeps it alive.
    public short* Panels =>
        (short*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_weights));
}
