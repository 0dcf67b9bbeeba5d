using System;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// CONV_2D on AVX2: the input is widened once; where a filter row is one stretch of pairs, pixels
/// are read in place, otherwise their patches are gathered first.
/// </summary>
// Safety: see IKernel; every tap of every output pixel lies inside the widened image, whose
// size WidenedImage derives from the same window; patches and pointers lie behind it.
internal sealed unsafe class Conv2DKernel : IKernel
{
    /// <summary>What a copy in whole vectors writes too much.</summary>
    private const int SlackBytes = 64;

    private readonly Conv2D _op;
    private readonly WidenedImage _image;
    private readonly PackedWeights _weights;
    private readonly OutputEnd _end;
    private readonly int _groups;
    private readonly bool _inPlace;
    private readonly int _patchShorts;
    private readonly int _blockPixels;
    private readonly RowShape _shape;

    public Conv2DKernel(Conv2D op)
    {
        _op = op;
        _groups = op.Input[3] / op.FilterDepth;
        _image = new WidenedImage(op, op.Window, op.Input[3], repeat: 1);
        _weights = new PackedWeights(op.Parameters, _groups, weightZero: 0);
        _end = op.End;

        // A filter row must be adjacent numbers, and whole pairs of them.
        int rowShorts = op.Window.FilterW * op.FilterDepth;
        _inPlace = _groups == 1 && op.Window.DilationW == 1 && rowShorts % 2 == 0;
        _patchShorts = _inPlace ? 0 : 2 * _weights.Pairs;
        _blockPixels = Gemm.BlockPixels(4L * _weights.Pairs);
        _shape = _inPlace
            ? new RowShape(
                op.Window.FilterH, rowShorts / 2,
                (nint)op.Window.DilationH * _image.Width * _image.Pitch)
            : new RowShape(1, _weights.Pairs, 0);
    }

    public long ScratchBytes => PointersAt + (long)_blockPixels * sizeof(short*);

    private long PatchesAt => Aligned(_image.Shorts * sizeof(short));

    private long PointersAt =>
        PatchesAt + Aligned((long)_blockPixels * _patchShorts * sizeof(short) + SlackBytes);

    public void Run(ReadOnlySpan<TensorView> inputs, sbyte* output, byte* scratch)
    {
        sbyte* input = inputs[0].Data;
        short* image = (short*)scratch;
        int outputPixels = _op.Output[1] * _op.Output[2];
        for (int b = 0; b < _op.Output[0]; b++)
        {
            _image.Fill(input + (long)b * _op.Input[1] * _op.Input[2] * _op.Input[3], image);
            for (int from = 0; from < outputPixels; from += _blockPixels)
            {
                int pixels = Math.Min(_blockPixels, outputPixels - from);
                RunBlock(
                    scratch, from, pixels,
                    output + ((long)b * outputPixels + from) * _op.Output[3]);
            }
        }
    }

    private void RunBlock(byte* scratch, int from, int pixels, sbyte* output)
    {
        short** rows = (short**)(scratch + PointersAt);
        for (int group = 0; group < _groups; group++)
        {
            for (int i = 0; i < pixels; i++)
            {
                rows[i] = Origin((short*)scratch, from + i) + group * _op.FilterDepth;
                if (!_inPlace)
                {
                    short* patch = (short*)(scratch + PatchesAt) + (long)i * _patchShorts;
                    Gather(rows[i], patch);
                    rows[i] = patch;
                }
            }

            Gemm.Run(
                rows, pixels, _shape, _weights, group, _end,
                output + group * _weights.Channels.GroupChannels, _op.Output[3]);
        }
    }

    /// <summary>First tap of an output pixel in the widened image.</summary>
    private short* Origin(short* image, int pixel)
    {
        int y = pixel / _op.Output[2] * _op.Window.StrideH;
        int x = pixel % _op.Output[2] * _op.Window.StrideW;
        return image + ((long)y * _image.Width + x) * _image.Pitch;
    }

    /// <summary>
    /// Copies the taps of one pixel and group, row by row, and a zero if odd.
    /// </summary>
    private void Gather(short* origin, short* patch)
    {
        Window window = _op.Window;
        int depth = _op.FilterDepth;
        bool whole = window.DilationW == 1 && _groups == 1;
        int runs = whole ? 1 : window.FilterW;
        int run = whole ? window.FilterW * depth : depth;
        short* end = patch + _patchShorts;
        for (int f = 0; f < window.FilterH; f++)
        {
            short* from = origin + (long)f * window.DilationH * _image.Width * _image.Pitch;
            for (int g = 0; g < runs; g++)
            {
                Copy(from + (long)g * window.DilationW * _image.Pitch, patch, run);
                patch += run;
            }
        }

        while (patch < end)
        {
            *patch++ = 0;
        }
    }

    /// <summary>
    /// Copies in whole vectors: what it writes beyond count is overwritten by the next copy,
    /// or lies in the slack behind the patches.
    /// </summary>
    private static void Copy(short* from, short* to, int count)
    {
        for (int i = 0; i < count; i += Vector256<short>.Count)
        {
            Avx.Store(to + i, Avx.LoadVector256(from + i));
        }
    }

    private static long Aligned(long bytes) => (bytes + 63) / 64 * 64;
}
