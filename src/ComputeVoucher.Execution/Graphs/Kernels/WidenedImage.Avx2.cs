using System;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// An image as the AVX2 kernels read it: 16 bits, zero point subtracted, and as large as the
/// windows reach: padding is zeros, which add nothing, as the definition leaves it out.
/// </summary>
// Safety: every write stays below Shorts, which the caller provides; reads stay in the image.
internal readonly unsafe struct WidenedImage
{
    /// <summary>What the last vector of a patch or of a block of channels reads too much.</summary>
    private const int SlackShorts = 32;

    private readonly Operator _op;
    private readonly Window _window;
    private readonly int _repeat;

    /// <param name="op">Convolution whose input it is.</param>
    /// <param name="window">Its window.</param>
    /// <param name="pitch">Numbers per pixel; those after the channels are never written.</param>
    /// <param name="repeat">Copies of every channel: the depth multiplier.</param>
    public WidenedImage(Operator op, Window window, int pitch, int repeat)
    {
        _op = op;
        _window = window;
        _repeat = repeat;
        Pitch = pitch;
        Height = (op.Output[1] - 1) * window.StrideH + window.ExtentH;
        Width = (op.Output[2] - 1) * window.StrideW + window.ExtentW;
    }

    public int Height { get; }

    public int Width { get; }

    public int Pitch { get; }

    public long Shorts => (long)Height * Width * Pitch + SlackShorts;

    /// <summary>Writes all of it from one image of the batch.</summary>
    public void Fill(sbyte* image, short* wide)
    {
        int height = _op.Input[1], width = _op.Input[2], depth = _op.Input[3];
        int firstColumn = Math.Min(_window.PadLeft, Width);
        int columns = Math.Clamp(width, 0, Width - firstColumn);
        for (int row = 0; row < Height; row++)
        {
            short* to = wide + (long)row * Width * Pitch;
            int from = row - _window.PadTop;
            if (from < 0 || from >= height)
            {
                Clear(to, (long)Width * Pitch);
                continue;
            }

            Clear(to, (long)firstColumn * Pitch);
            FillRow(image + (long)from * width * depth, to + firstColumn * Pitch, columns);
            int filled = firstColumn + columns;
            Clear(to + filled * Pitch, (long)(Width - filled) * Pitch);
        }

        Clear(wide + Shorts - SlackShorts, SlackShorts);
    }

    private void FillRow(sbyte* from, short* to, int columns)
    {
        int depth = _op.Input[3];
        if (_repeat == 1 && Pitch == depth)
        {
            Widen(from, to, (long)columns * depth);
            return;
        }

        int zero = _op.Input.ZeroPoint;
        for (int x = 0; x < columns; x++)
        {
            if (_repeat == 1)
            {
                Widen(from + x * depth, to + x * Pitch, depth);
                continue;
            }

            for (int c = 0; c < depth * _repeat; c++)
            {
                to[x * Pitch + c] = (short)(from[x * depth + c / _repeat] - zero);
            }
        }
    }

    private void Widen(sbyte* from, short* to, long count) =>
        Widen(from, to, count, _op.Input.ZeroPoint);

    /// <summary>to = from − zero, for count numbers.</summary>
    public static void Widen(sbyte* from, short* to, long count, int zeroPoint)
    {
        Vector256<short> zero = Vector256.Create((short)zeroPoint);
        long i = 0;
        for (; i + 16 <= count; i += 16)
        {
            Avx.Store(to + i, Avx2.Subtract(Avx2.ConvertToVector256Int16(from + i), zero));
        }

        if (i + 8 <= count)
        {
            Sse2.Store(
                to + i, Sse2.Subtract(Sse41.ConvertToVector128Int16(from + i), zero.GetLower()));
            i += 8;
        }

        for (; i < count; i++)
        {
            to[i] = (short)(from[i] - zeroPoint);
        }
    }

    private static void Clear(short* at, long count) =>
        new Span<short>(at, (int)count).Clear();
}
