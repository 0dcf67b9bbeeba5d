using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// FULLY_CONNECTED:
/// out[b, c] = clamp(zero + requantize(bias[c] + Σ (w[c, d] − wz) · (in[b, d] − zero)))
/// (reference_integer_ops::FullyConnected and FullyConnectedPerChannel). The weights' zero point
/// wz is 0 in all but old files.
/// </summary>
internal sealed class FullyConnected : Operator
{
    private readonly Activation _activation;

    public FullyConnected(
        Wiring wiring, int depth, int weightZero, Activation activation,
        ChannelParameters parameters)
        : base(wiring)
    {
        Depth = depth;
        WeightZero = weightZero;
        _activation = activation;
        Parameters = parameters;
        activation.Check(wiring, Kind);
        int channels = Output.Last;
        Require(
            depth > 0 && Input.Elements % depth == 0
                && Input.Elements / depth == Output.Elements / channels,
            $"weights of depth {depth} do not fit input {Input} and output {Output}");
        Require(
            weightZero is >= sbyte.MinValue and <= sbyte.MaxValue,
            $"weights have zero point {weightZero}");
        Require(parameters.Fits(channels, depth), "weights do not fit the declared shape");
        AccumulatorBound.Check(wiring, Kind, parameters, weightZero);
    }

    public override OperatorKind Kind => OperatorKind.FullyConnected;

    public override ChannelParameters Parameters { get; }

    /// <summary>Weights per output channel.</summary>
    public int Depth { get; }

    public int WeightZero { get; }

    public int Batches => Input.Elements / Depth;

    public OutputEnd End => new(Output, _activation);

    public override ulong Macs => (ulong)Output.Elements * (ulong)Depth;

    public override ulong Units => Macs * CostTable.Mac;

    public override ElementReads Reads => new(1, Depth, Depth);

    public override void WriteAttributes(ref AttributeWriter writer)
    {
        writer.Write(Depth);
        writer.Write(WeightZero);
        _activation.Write(ref writer);
    }

    public override sbyte Element<TReader>(ref TReader reader, int index)
    {
        (int b, int c) = Math.DivRem(index, Output.Last);
        Channel channel = reader.Channel(c);
        int zero = Input.ZeroPoint;
        int row = b * Depth;
        int sum = 0;
        for (int d = 0; d < channel.Weights.Length; d++)
        {
            sum += (channel.Weights[d] - WeightZero) * (reader.Read(0, row + d) - zero);
        }

        return End.Of(channel.Scale(sum));
    }
}
