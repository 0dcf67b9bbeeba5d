using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// DEPTHWISE_CONV_2D on AVX2: 16 channels side by side; two taps are interleaved so that vpmaddwd
/// adds their products, which beats a 32-bit multiplication per tap by far.
/// </summary>
// Safety: see IKernel; every tap of every output pixel lies inside the widened image, whose
// size WidenedImage derives from the same window.
internal sealed unsafe class DepthwiseConv2DKernel : IKernel
{
    private readonly DepthwiseConv2D _op;
    private readonly WidenedImage _image;
    private readonly PackedChannels _channels;
    private readonly short[] _weights;
    private readonly int[] _offsets;
    private readonly OutputEnd _end;
    private readonly int _pairs;

    public DepthwiseConv2DKernel(DepthwiseConv2D op)
    {
        _op = op;
        _channels = new PackedChannels(op.Parameters, groups: 1);
        int pitch = _channels.BlocksPerGroup * PackedChannels.Block;
        _image = new WidenedImage(op, op.Window, pitch, op.Multiplier);
        _end = op.End;
        _pairs = (op.Window.Taps + 1) / 2;
        _offsets = GC.AllocateArray<int>(2 * _pairs, pinned: true);
        _weights = GC.AllocateArray<short>(
            _channels.BlocksPerGroup * _pairs * 2 * PackedChannels.Block, pinned: true);
        if (_image.Shorts <= int.MaxValue)
        {
            PackTaps();
        }
    }

    public long ScratchBytes => _image.Shorts * sizeof(short);

    // Safety: both arrays are pinned for their life, and this object keeps them alive.
    private short* Weights =>
        (short*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_weights));

    private int* Offsets =>
        (int*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_offsets));

    public void Run(ReadOnlySpan<TensorView> inputs, sbyte* output, byte* scratch)
    {
        sbyte* input = inputs[0].Data;
        short* image = (short*)scratch;
        int inputBytes = _op.Input[1] * _op.Input[2] * _op.Input[3];
        int rowBytes = _op.Output[2] * _op.Output[3];
        for (int b = 0; b < _op.Output[0]; b++)
        {
            _image.Fill(input + (long)b * inputBytes, image);
            for (int y = 0; y < _op.Output[1]; y++)
            {
                long row = (long)y * _op.Window.StrideH * _image.Width;
                RunRow(image + row * _image.Pitch, output);
                output += rowBytes;
            }
        }
    }

    private void RunRow(short* row, sbyte* output)
    {
        int channels = _op.Output[3];
        for (int block = 0; block < _channels.BlocksPerGroup; block++)
        {
            int first = block * PackedChannels.Block;
            Columns(
                row + first, (nint)_op.Window.StrideW * _image.Pitch, _op.Output[2],
                _pairs, Offsets,
                Weights + (long)block * _pairs * 2 * PackedChannels.Block,
                _channels.Ints + block * PackedChannels.BlockInts, _end,
                output + first, channels,
                Math.Min(PackedChannels.Block, channels - first));
        }
    }

    /// <summary>One block of channels of one output row.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Columns(
        short* input, nint step, int columns, nint pairs, int* offsets, short* weights,
        int* constants, in OutputEnd end, sbyte* output, nint outputStep, int count)
    {
        for (int x = 0; x < columns; x++)
        {
            Vector256<int> lo = Avx.LoadVector256(constants);
            Vector256<int> hi = Avx.LoadVector256(constants + 8);
            short* w = weights;
            for (nint p = 0; p < pairs; p++)
            {
                Vector256<short> a = Avx.LoadVector256(input + offsets[2 * p]);
                Vector256<short> b = Avx.LoadVector256(input + offsets[2 * p + 1]);
                lo = Avx2.Add(
                    lo,
                    Avx2.MultiplyAddAdjacent(Avx2.UnpackLow(a, b), Avx.LoadVector256(w)));
                hi = Avx2.Add(
                    hi,
                    Avx2.MultiplyAddAdjacent(Avx2.UnpackHigh(a, b), Avx.LoadVector256(w + 16)));
                w += 32;
            }

            Tile.Write(Tile.Requantize(lo, hi, constants, end), output, count);
            input += step;
            output += outputStep;
        }
    }

    /// <summary>
    /// Tap pairs: offsets in the widened image, and weights in the order in which unpacking
    /// two vectors of 16 channels brings them: the lane order of PackedChannels.
    /// </summary>
    private void PackTaps()
    {
        int taps = _op.Window.Taps;
        for (int t = 0; t < 2 * _pairs; t++)
        {
            // An odd last tap is read twice; the second time its weight is 0.
            int tap = Math.Min(t, taps - 1);
            int row = tap / _op.Window.FilterW * _op.Window.DilationH;
            int column = tap % _op.Window.FilterW * _op.Window.DilationW;
            _offsets[t] = (row * _image.Width + column) * _image.Pitch;
        }

        for (int c = 0; c < _op.Parameters.Channels; c++)
        {
            int block = c / PackedChannels.Block;
            int lane = PackedChannels.LaneOf(c % PackedChannels.Block);
            for (int t = 0; t < taps; t++)
            {
                int pair = (block * _pairs + t / 2) * 2 * PackedChannels.Block;
                _weights[pair + 2 * lane + t % 2] = _op.Parameters.Weights[c * taps + t];
            }
        }
    }
}
