using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// Pixels times packed weights: loops over tiles so that one panel stays in the first-level cache
/// while a block of pixels passes by.
/// </summary>
// Safety: callers pass rows of the shape, and an output of all channels of all pixels.
internal static unsafe class Gemm
{
    /// <summary>
    /// Input bytes of a block of pixels: a quarter of a 512 KiB second-level cache.
    /// </summary>
    private const int BlockBytes = 128 << 10;

    /// <summary>Pixels whose input fits a block; a multiple of the tile.</summary>
    public static int BlockPixels(long bytesPerPixel) =>
        (int)Math.Clamp(BlockBytes / Math.Max(bytesPerPixel, 1), Tile.Pixels, 256)
            / Tile.Pixels * Tile.Pixels;

    /// <summary>Channels of one group for a run of pixels.</summary>
    /// <param name="rows">One pointer per pixel, and readable copies up to a multiple of 4.</param>
    /// <param name="pixels">Pixels.</param>
    /// <param name="shape">Stretches of input per pixel.</param>
    /// <param name="weights">The layer.</param>
    /// <param name="group">Group of a grouped convolution, or 0.</param>
    /// <param name="end">Zero point and clamp.</param>
    /// <param name="output">First channel of the group of the first pixel.</param>
    /// <param name="outputStride">Bytes from pixel to pixel.</param>
    public static void Run(
        short** rows, int pixels, in RowShape shape, PackedWeights weights, int group,
        in OutputEnd end, sbyte* output, nint outputStride)
    {
        int* sums = stackalloc int[Tile.Pixels * PackedChannels.Block];
        PackedChannels channels = weights.Channels;
        for (int block = 0; block < channels.BlocksPerGroup; block++)
        {
            int number = group * channels.BlocksPerGroup + block;
            short* panel = weights.Panels + (long)number * weights.PanelShorts;
            int* constants = channels.Ints + number * PackedChannels.BlockInts;
            int first = block * PackedChannels.Block;
            int count = Math.Min(PackedChannels.Block, channels.GroupChannels - first);
            int pixel = 0;
            for (; pixel + Tile.Pixels <= pixels; pixel += Tile.Pixels)
            {
                Tile.Four(
                    rows + pixel, shape.Segments, shape.Pairs, shape.Stride, panel, constants,
                    sums);
                for (int i = 0; i < Tile.Pixels; i++)
                {
                    Tile.Store(
                        sums + i * PackedChannels.Block, constants, end,
                        output + (pixel + i) * outputStride + first, count);
                }
            }

            for (; pixel < pixels; pixel++)
            {
                Tile.One(
                    rows[pixel], shape.Segments, shape.Pairs, shape.Stride, panel, constants,
                    sums);
                Tile.Store(
                    sums, constants, end, output + pixel * outputStride + first, count);
            }
        }
    }
}
