using System;

namespace ComputeVoucher.Execution.Operators;

/// <summary>
/// AVERAGE_POOL_2D: the mean of the window inside the image, rounded half away from zero, clamped
/// (reference_integer_ops::AveragePool).
/// </summary>
internal sealed partial class AveragePool2D : Operator
{
    private readonly Window _window;
    private readonly Activation _activation;

    public AveragePool2D(Wiring wiring, Window window, Activation activation)
        : base(wiring)
    {
        _window = window;
        _activation = activation;
        window.Check(wiring, Kind);
        activation.Check(wiring, Kind);
        Require(Input[3] == Output[3], "input and output differ in channels");
        Require(
            window.DilationH == 1 && window.DilationW == 1, "pooling windows are not dilated");

        Require(Input.ZeroPoint == Output.ZeroPoint, "input and output differ in zero point");
        AccumulatorBound.Check(
            wiring, Kind, bound: ((long)sbyte.MaxValue + 2) * window.Taps, shift: 0);
    }

    public override OperatorKind Kind => OperatorKind.AveragePool2D;

    public override ulong Units =>
        (ulong)Output.Elements * (ulong)_window.Taps * CostTable.PoolTap;

    public override ElementReads Reads => new(
        _window.Taps, 1, ((_window.FilterH - 1L) * Input[2] + _window.FilterW - 1) * Input[3] + 1);

    public override void WriteAttributes(ref AttributeWriter writer)
    {
        _window.Write(ref writer);
        _activation.Write(ref writer);
    }

    public override void Run(
        ReadOnlySpan<sbyte> first, ReadOnlySpan<sbyte> second, Span<sbyte> output)
    {
        int at = 0;
        for (int b = 0; b < Output[0]; b++)
        {
            ReadOnlySpan<sbyte> image = first.Slice(b * Input[1] * Input[2] * Input[3]);
            for (int y = 0; y < Output[1]; y++)
            {
                for (int x = 0; x < Output[2]; x++)
                {
                    for (int c = 0; c < Output[3]; c++)
                    {
                        output[at++] = Element(image, y, x, c);
                    }
                }
            }
        }
    }

    private sbyte Element(ReadOnlySpan<sbyte> image, int y, int x, int c)
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
