using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// AVERAGE_POOL_2D: the mean of the window inside the image, rounded half away from zero, clamped
/// (reference_integer_ops::AveragePool).
/// </summary>
internal sealed partial class AveragePool2D : Pool2D
{
    public AveragePool2D(Wiring wiring, Window window, Activation activation)
        : base(wiring, OperatorKind.AveragePool2D, window, activation)
    {
        AccumulatorBound.Check(
            wiring, Kind, bound: ((long)sbyte.MaxValue + 2) * window.Taps, shift: 0);
    }

    public override OperatorKind Kind => OperatorKind.AveragePool2D;

    protected override sbyte Element(ReadOnlySpan<sbyte> image, int y, int x, int c)
    {
        int originY = y * _window.StrideH - _window.PadTop;
        int originX = x * _window.StrideW - _window.PadLeft;
        (int firstY, int endY) = Window.Inside(originY, 1, _window.FilterH, Input[1]);
        (int firstX, int endX) = Window.Inside(originX, 1, _window.FilterW, Input[2]);
        int sum = 0;
        int count = 0;
        for (int f = firstY; f < endY; f++)
        {
            for (int g = firstX; g < endX; g++)
            {
                sum += image[((originY + f) * Input[2] + originX + g) * Input[3] + c];
                count++;
            }
        }

        return Finish(sum, count);
    }

    private sbyte Finish(int sum, int count)
    {
        int mean = sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
        return (sbyte)Math.Clamp(mean, _activation.Min, _activation.Max);
    }
}
