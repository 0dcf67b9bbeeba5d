using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// CONV_2D, grouped where the filter is shallower than the input:
/// out[b, y, x, c] =
/// clamp(zero + requantize(bias[c] + Σ w[c, f, g, d] · (in[b, y', x', d'] − zero)))
/// (reference_integer_ops::ConvPerChannel).
/// </summary>
internal sealed class Conv2D : WindowOperator
{
    public Conv2D(
        Wiring wiring, Window window, int filterDepth, Activation activation,
        ChannelParameters parameters)
        : base(wiring, OperatorKind.Conv2D, window, activation)
    {
        FilterDepth = filterDepth;
        Parameters = parameters;
        int channels = Output[3];
        Require(
            filterDepth > 0 && Input[3] % filterDepth == 0,
            $"filter depth {filterDepth} does not divide the input's {Input[3]} channels");
        Require(
            channels % (Input[3] / filterDepth) == 0,
            $"{Input[3] / filterDepth} groups do not divide {channels} output channels");
        Require(
            parameters.Fits(channels, WeightsPerChannel(window, filterDepth)),
            "weights do not fit the declared filter");
        AccumulatorBound.Check(wiring, Kind, parameters, weightZero: 0);
    }

    public override OperatorKind Kind => OperatorKind.Conv2D;

    public override ChannelParameters Parameters { get; }

    public int FilterDepth { get; }

    public int Groups => Input[3] / FilterDepth;

    public override ulong Macs => (ulong)Output.Elements * (ulong)Parameters.WeightsPerChannel;

    public override ulong Units => Macs * CostTable.Mac;

    public override ElementReads Reads => Window.DilationW == 1 && FilterDepth == Input[3]
        ? new(Window.FilterH, (long)Window.FilterW * FilterDepth, Span)
        : new(Window.Taps, FilterDepth, Span);

    private long Span =>
        ((Window.ExtentH - 1L) * Input[2] + Window.ExtentW) * Input[3];

    /// <summary>Weights that a channel of this declaration has.</summary>
    public static long WeightsPerChannel(Window window, int filterDepth) =>
        (long)window.FilterH * window.FilterW * filterDepth;

    public override void WriteAttributes(ref AttributeWriter writer)
    {
        Window.Write(ref writer);
        writer.Write(FilterDepth);
        Activation.Write(ref writer);
    }

    public override sbyte Element<TReader>(ref TReader reader, int index)
    {
        int zero = Input.ZeroPoint;
        int width = Window.FilterW;
        int depth = FilterDepth;
        Patch patch = PatchOf(index);
        Channel channel = reader.Channel(patch.Channel);
        int group = patch.Channel / (Output[3] / Groups) * depth;
        int sum = 0;
        for (int f = patch.Top; f < patch.Bottom; f++)
        {
            for (int g = patch.Left; g < patch.Right; g++)
            {
                int pixel = patch.At(f, g) + group;
                ReadOnlySpan<sbyte> filter = channel.Weights.Slice((f * width + g) * depth, depth);
                for (int d = 0; d < filter.Length; d++)
                {
                    sum += filter[d] * (reader.Read(0, pixel + d) - zero);
                }
            }
        }

        return End.Of(channel.Scale(sum));
    }
}
