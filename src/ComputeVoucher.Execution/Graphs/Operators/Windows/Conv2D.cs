using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// CONV_2D, grouped where the filter is shallower than the input:
/// out[b, y, x, c] =
/// clamp(zero + requantize(bias[c] + Σ w[c, f, g, d] · (in[b, y', x', d'] − zero)))
/// (reference_integer_ops::ConvPerChannel).
/// </summary>
internal sealed partial class Conv2D : WindowOperator
{
    private readonly int _filterDepth;
    private readonly ChannelParameters _parameters;

    public Conv2D(
        Wiring wiring, Window window, int filterDepth, Activation activation,
        ChannelParameters parameters)
        : base(wiring, OperatorKind.Conv2D, window, activation)
    {
        _filterDepth = filterDepth;
        _parameters = parameters;
        int channels = Output[3];
        Require(
            filterDepth > 0 && Input[3] % filterDepth == 0,
            $"filter depth {filterDepth} does not divide the input's {Input[3]} channels");
        Require(
            channels % (Input[3] / filterDepth) == 0,
            $"{Input[3] / filterDepth} groups do not divide {channels} output channels");
        Require(
            parameters.Channels == channels
                && parameters.Weights.Length == (long)channels * window.Taps * filterDepth,
            "weights do not fit the declared filter");
        AccumulatorBound.Check(wiring, Kind, parameters, weightZero: 0);
    }

    public override OperatorKind Kind => OperatorKind.Conv2D;

    public override ChannelParameters Parameters => _parameters;

    public override ulong Macs => (ulong)Output.Elements * (ulong)_parameters.WeightsPerChannel;

    public override ulong Units => Macs * CostTable.Mac;

    public override ElementReads Reads => _window.DilationW == 1 && _filterDepth == Input[3]
        ? new(_window.FilterH, (long)_window.FilterW * _filterDepth, Span)
        : new(_window.Taps, _filterDepth, Span);

    private long Span =>
        ((_window.ExtentH - 1L) * Input[2] + _window.ExtentW) * Input[3];

    /// <summary>Weights that a channel of this declaration has.</summary>
    public static long WeightsPerChannel(Window window, int filterDepth) =>
        (long)window.FilterH * window.FilterW * filterDepth;

    public override void WriteAttributes(ref AttributeWriter writer)
    {
        _window.Write(ref writer);
        writer.Write(_filterDepth);
        _activation.Write(ref writer);
    }

    protected override sbyte Element(ReadOnlySpan<sbyte> image, int y, int x, int c)
    {
        int height = Input[1], width = Input[2], depth = Input[3];
        int zero = Input.ZeroPoint;
        int group = c / (Output[3] / (depth / _filterDepth));
        int originY = y * _window.StrideH - _window.PadTop;
        int originX = x * _window.StrideW - _window.PadLeft;
        ReadOnlySpan<sbyte> weights = _parameters.Weights.AsSpan(
            c * _parameters.WeightsPerChannel, _parameters.WeightsPerChannel);

        int sum = 0;
        (int firstY, int endY) = Window.Inside(originY, _window.DilationH, _window.FilterH, height);
        (int firstX, int endX) = Window.Inside(originX, _window.DilationW, _window.FilterW, width);
        for (int f = firstY; f < endY; f++)
        {
            int inY = originY + _window.DilationH * f;
            for (int g = firstX; g < endX; g++)
            {
                int inX = originX + _window.DilationW * g;
                ReadOnlySpan<sbyte> pixel = image.Slice(
                    (inY * width + inX) * depth + group * _filterDepth, _filterDepth);
                ReadOnlySpan<sbyte> filter = weights.Slice(
                    (f * _window.FilterW + g) * _filterDepth, _filterDepth);
                for (int d = 0; d < filter.Length; d++)
                {
                    sum += filter[d] * (pixel[d] - zero);
                }
            }
        }

        int scaled = FixedPoint.MultiplyByQuantizedMultiplier(
            sum + _parameters.Bias[c], _parameters.Multiplier[c], _parameters.Shift[c]);
        return (sbyte)Math.Clamp(scaled + Output.ZeroPoint, _activation.Min, _activation.Max);
    }
}
