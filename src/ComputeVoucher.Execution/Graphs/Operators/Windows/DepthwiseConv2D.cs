using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// DEPTHWISE_CONV_2D: output channel c reads input channel c / multiplier alone:
/// out[b, y, x, c] =
/// clamp(zero + requantize(bias[c] + Σ w[c, f, g] · (in[b, y', x', c / m] − zero)))
/// (reference_integer_ops::DepthwiseConvPerChannel).
/// </summary>
internal sealed partial class DepthwiseConv2D : WindowOperator
{
    private readonly ChannelParameters _parameters;

    public DepthwiseConv2D(
        Wiring wiring, Window window, Activation activation, ChannelParameters parameters)
        : base(wiring, OperatorKind.DepthwiseConv2D, window, activation)
    {
        _parameters = parameters;
        int channels = Output[3];
        Require(
            channels % Input[3] == 0,
            $"{channels} output channels are no multiple of the input's {Input[3]}");
        Require(
            parameters.Channels == channels
                && parameters.Weights.Length == (long)channels * window.Taps,
            "weights do not fit the declared filter");
        AccumulatorBound.Check(wiring, Kind, parameters, weightZero: 0);
    }

    public override OperatorKind Kind => OperatorKind.DepthwiseConv2D;

    public override ChannelParameters Parameters => _parameters;

    public override ulong Macs => (ulong)Output.Elements * (ulong)_window.Taps;

    public override ulong Units => Macs * CostTable.Mac;

    public override ElementReads Reads => new(
        _window.Taps, 1, ((_window.ExtentH - 1L) * Input[2] + _window.ExtentW - 1) * Input[3] + 1);

    private int Multiplier => Output[3] / Input[3];

    public override void WriteAttributes(ref AttributeWriter writer)
    {
        _window.Write(ref writer);
        _activation.Write(ref writer);
    }

    protected override sbyte Element(ReadOnlySpan<sbyte> image, int y, int x, int c)
    {
        int height = Input[1], width = Input[2], depth = Input[3];
        int originY = y * _window.StrideH - _window.PadTop;
        int originX = x * _window.StrideW - _window.PadLeft;
        ReadOnlySpan<sbyte> filter = _parameters.Weights.AsSpan(c * _window.Taps, _window.Taps);

        int sum = 0;
        (int firstY, int endY) = Window.Inside(originY, _window.DilationH, _window.FilterH, height);
        (int firstX, int endX) = Window.Inside(originX, _window.DilationW, _window.FilterW, width);
        for (int f = firstY; f < endY; f++)
        {
            int inY = originY + _window.DilationH * f;
            for (int g = firstX; g < endX; g++)
            {
                int inX = originX + _window.DilationW * g;
                int value = image[(inY * width + inX) * depth + c / Multiplier];
                sum += filter[f * _window.FilterW + g] * (value - Input.ZeroPoint);
            }
        }

        int scaled = FixedPoint.MultiplyByQuantizedMultiplier(
            sum + _parameters.Bias[c], _parameters.Multiplier[c], _parameters.Shift[c]);
        return (sbyte)Math.Clamp(scaled + Output.ZeroPoint, _activation.Min, _activation.Max);
    }
}
