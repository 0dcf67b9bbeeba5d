namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// DEPTHWISE_CONV_2D: output channel c reads input channel c / multiplier alone:
/// out[b, y, x, c] =
/// clamp(zero + requantize(bias[c] + Σ w[c, f, g] · (in[b, y', x', c / m] − zero)))
/// (reference_integer_ops::DepthwiseConvPerChannel).
/// </summary>
internal sealed class DepthwiseConv2D : WindowOperator
{
    public DepthwiseConv2D(
        Wiring wiring, Window window, Activation activation, ChannelParameters parameters)
        : base(wiring, OperatorKind.DepthwiseConv2D, window, activation)
    {
        Parameters = parameters;
        int channels = Output[3];
        Require(
            channels % Input[3] == 0,
            $"{channels} output channels are no multiple of the input's {Input[3]}");
        Require(
            parameters.Fits(channels, window.Taps), "weights do not fit the declared filter");
        AccumulatorBound.Check(wiring, Kind, parameters, weightZero: 0);
    }

    public override OperatorKind Kind => OperatorKind.DepthwiseConv2D;

    public override ChannelParameters Parameters { get; }

    /// <summary>Output channels per input channel.</summary>
    public int Multiplier => Output[3] / Input[3];

    public override ulong Macs => (ulong)Output.Elements * (ulong)Window.Taps;

    public override ulong Units => Macs * CostTable.Mac;

    public override ElementReads Reads => new(
        Window.Taps, 1, ((Window.ExtentH - 1L) * Input[2] + Window.ExtentW - 1) * Input[3] + 1);

    public override sbyte Element<TReader>(ref TReader reader, int index)
    {
        int zero = Input.ZeroPoint;
        Patch patch = PatchOf(index);
        Channel channel = reader.Channel(patch.Channel);
        int inputChannel = patch.Channel / Multiplier;
        int sum = 0;
        for (int f = patch.Top; f < patch.Bottom; f++)
        {
            for (int g = patch.Left; g < patch.Right; g++)
            {
                int value = reader.Read(0, patch.At(f, g) + inputChannel);
                sum += channel.Weights[f * Window.FilterW + g] * (value - zero);
            }
        }

        return End.Of(channel.Scale(sum));
    }
}
