using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// MAX_POOL_2D: the greatest element of the window inside the image, clamped
/// (reference_integer_ops::MaxPool).
/// </summary>
internal sealed class MaxPool2D : Pool2D
{
    public MaxPool2D(Wiring wiring, Window window, Activation activation)
        : base(wiring, OperatorKind.MaxPool2D, window, activation)
    {
    }

    public override OperatorKind Kind => OperatorKind.MaxPool2D;

    protected override sbyte Element(ReadOnlySpan<sbyte> image, int y, int x, int c)
    {
        int originY = y * _window.StrideH - _window.PadTop;
        int originX = x * _window.StrideW - _window.PadLeft;
        (int firstY, int endY) = Window.Inside(originY, 1, _window.FilterH, Input[1]);
        (int firstX, int endX) = Window.Inside(originX, 1, _window.FilterW, Input[2]);
        int greatest = sbyte.MinValue;
        for (int f = firstY; f < endY; f++)
        {
            for (int g = firstX; g < endX; g++)
            {
                int value = image[((originY + f) * Input[2] + originX + g) * Input[3] + c];
                greatest = Math.Max(greatest, value);
            }
        }

        return (sbyte)Math.Clamp(greatest, _activation.Min, _activation.Max);
    }
}
