using System;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// AVERAGE_POOL_2D on AVX2: sums of eight channels at a time, divisions one by one.
/// </summary>
// Safety: see IKernel; taps are clipped to the image, vectors stop before the last channel.
internal sealed unsafe class AveragePool2DKernel(AveragePool2D op) : IKernel
{
    public long ScratchBytes => 0;

    public void Run(ReadOnlySpan<TensorView> inputs, sbyte* output, byte* scratch)
    {
        sbyte* input = inputs[0].Data;
        Window window = op.Window;
        int height = op.Input[1], width = op.Input[2], channels = op.Input[3];
        for (int b = 0; b < op.Output[0]; b++)
        {
            for (int y = 0; y < op.Output[1]; y++)
            {
                int originY = y * window.StrideH - window.PadTop;
                (int top, int bottom) = Window.Inside(originY, 1, window.FilterH, height);
                for (int x = 0; x < op.Output[2]; x++)
                {
                    int originX = x * window.StrideW - window.PadLeft;
                    (int left, int right) = Window.Inside(originX, 1, window.FilterW, width);
                    sbyte* first = input
                        + ((long)(originY + top) * width + originX + left) * channels;
                    Pixel(first, bottom - top, right - left, output);
                    output += channels;
                }
            }

            input += (long)height * width * channels;
        }
    }

    private void Pixel(sbyte* first, int rows, int columns, sbyte* output)
    {
        int channels = op.Input[3];
        nint pitch = (nint)op.Input[2] * channels;
        int* sums = stackalloc int[8];
        int c = 0;
        for (; c + 8 <= channels; c += 8)
        {
            Vector256<int> sum = Vector256<int>.Zero;
            for (int f = 0; f < rows; f++)
            {
                sbyte* from = first + f * pitch + c;
                for (int g = 0; g < columns; g++, from += channels)
                {
                    sum = Avx2.Add(sum, Avx2.ConvertToVector256Int32(from));
                }
            }

            Avx.Store(sums, sum);
            for (int lane = 0; lane < 8; lane++)
            {
                output[c + lane] = op.Finish(sums[lane], rows * columns);
            }
        }

        for (; c < channels; c++)
        {
            int sum = 0;
            for (int t = 0; t < rows * columns; t++)
            {
                sum += first[t / columns * pitch + t % columns * channels + c];
            }

            output[c] = op.Finish(sum, rows * columns);
        }
    }
}
