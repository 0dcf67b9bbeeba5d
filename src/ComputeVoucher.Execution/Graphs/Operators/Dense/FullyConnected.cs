using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// FULLY_CONNECTED:
/// out[b, c] = clamp(zero + requantize(bias[c] + Σ (w[c, d] − wz) · (in[b, d] − zero)))
/// (reference_integer_ops::FullyConnected and FullyConnectedPerChannel). The weights' zero point
/// wz is 0 in all but old files.
/// </summary>
internal sealed partial class FullyConnected : Operator
{
    private readonly int _depth;
    private readonly int _weightZero;
    private readonly Activation _activation;
    private readonly ChannelParameters _parameters;

    public FullyConnected(
        Wiring wiring, int depth, int weightZero, Activation activation,
        ChannelParameters parameters)
        : base(wiring)
    {
        _depth = depth;
        _weightZero = weightZero;
        _activation = activation;
        _parameters = parameters;
        activation.Check(wiring, Kind);
        int channels = Output.Last;
        Require(
            depth > 0 && Input.Elements % depth == 0
                && Input.Elements / depth == Output.Elements / channels,
            $"weights of depth {depth} do not fit input {Input} and output {Output}");
        Require(
            weightZero is >= sbyte.MinValue and <= sbyte.MaxValue,
            $"weights have zero point {weightZero}");
        Require(
            parameters.Channels == channels
                && parameters.Weights.Length == (long)channels * depth,
            "weights do not fit the declared shape");
        AccumulatorBound.Check(wiring, Kind, parameters, weightZero);
    }

    public override OperatorKind Kind => OperatorKind.FullyConnected;

    public override ChannelParameters Parameters => _parameters;

    public override ulong Macs => (ulong)Output.Elements * (ulong)_depth;

    public override ulong Units => Macs * CostTable.Mac;

    public override ElementReads Reads => new(1, _depth, _depth);

    private int Batches => Input.Elements / _depth;

    public override void WriteAttributes(ref AttributeWriter writer)
    {
        writer.Write(_depth);
        writer.Write(_weightZero);
        _activation.Write(ref writer);
    }

    public override void Run(
        ReadOnlySpan<sbyte> first, ReadOnlySpan<sbyte> second, Span<sbyte> output)
    {
        int channels = Output.Last;
        for (int b = 0; b < Batches; b++)
        {
            ReadOnlySpan<sbyte> row = first.Slice(b * _depth, _depth);
            for (int c = 0; c < channels; c++)
            {
                ReadOnlySpan<sbyte> weights = _parameters.Weights.AsSpan(c * _depth, _depth);
                int sum = 0;
                for (int d = 0; d < row.Length; d++)
                {
                    sum += (weights[d] - _weightZero) * (row[d] - Input.ZeroPoint);
                }

                int scaled = FixedPoint.MultiplyByQuantizedMultiplier(
                    sum + _parameters.Bias[c], _parameters.Multiplier[c], _parameters.Shift[c]);
                output[b * channels + c] = (sbyte)Math.Clamp(
                    scaled + Output.ZeroPoint, _activation.Min, _activation.Max);
            }
        }
    }
}
