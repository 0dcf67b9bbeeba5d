using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// Bias, multiplier and shifts of a layer in blocks of 16 channels, padded with zeros, in the lane
/// order that packs back to memory order: channels 0–3, 8–11, then 4–7, 12–15. Blocks never cross
/// a group of a grouped convolution.
/// </summary>
// Safety: the one pointer it gives out is into an array pinned for its life.
internal sealed unsafe class PackedChannels
{
    /// <summary>Channels per block: two vectors of eight sums.</summary>
    public const int Block = 16;

    /// <summary>
    /// Numbers per block: bias, multiplier, left shift, right shift of 16 channels.
    /// </summary>
    public const int BlockInts = 4 * Block;

    private readonly int[] _ints;

    public PackedChannels(ChannelParameters parameters, int groups)
    {
        GroupChannels = parameters.Channels / groups;
        BlocksPerGroup = (GroupChannels + Block - 1) / Block;
        _ints = GC.AllocateArray<int>(groups * BlocksPerGroup * BlockInts, pinned: true);
        for (int c = 0; c < parameters.Channels; c++)
        {
            int at = c % GroupChannels;
            Span<int> block = _ints.AsSpan(
                (c / GroupChannels * BlocksPerGroup + at / Block) * BlockInts, BlockInts);
            int lane = LaneOf(at % Block);
            block[lane] = parameters.Bias[c];
            block[Block + lane] = parameters.Multiplier[c];
            block[2 * Block + lane] = Math.Max(parameters.Shift[c], 0);
            block[3 * Block + lane] = Math.Max(-parameters.Shift[c], 0);
        }
    }

    public int GroupChannels { get; }

    public int BlocksPerGroup { get; }

    // Safety: the array is pinned for its life, and this object keeps it alive.
    public int* Ints =>
        (int*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_ints));

    /// <summary>Position of channel 0 … 15 of a block among its sums.</summary>
    public static int LaneOf(int channel) =>
        channel switch
        {
            < 4 => channel,
            < 8 => channel + 4,
            < 12 => channel - 4,
            _ => channel,
        };
}
