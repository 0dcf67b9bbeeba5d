using System;
using ComputeVoucher.Execution.Graphs;

namespace ComputeVoucher.Circuits;

/// <summary>What an operator needs for its circuit: the divisions of its channels, or of each
/// number of elements that it averages; proven for every sum that can occur.</summary>
internal sealed class LayerPlan
{
    /// <summary>[channel], or [count − 1] of an average; null where none occurs.</summary>
    private readonly Floor?[] _floors = [];

    public LayerPlan(Graph graph, Operator op)
    {
        (int low, int high) = RangeOf(graph, op.Wiring.InputIds[0]);
        switch (op)
        {
            case FullyConnected layer:
                _floors = Channels(layer.Parameters, layer.Input, layer.End, layer.WeightZero,
                    low, high);
                break;
            case Conv2D layer:
                _floors = Channels(layer.Parameters, layer.Input, layer.End, 0, low, high);
                break;
            case DepthwiseConv2D layer:
                _floors = Channels(layer.Parameters, layer.Input, layer.End, 0, low, high);
                break;
            case AveragePool2D pool:
                _floors = Averages(pool, low, high);
                break;
            case Mean mean:
                _floors = [FloorSearch.Find(
                    new MeanRescaling(mean), mean.Count * low, mean.Count * high)];
                break;
            case Add add:
                Pair = PairSearch.Find(add);
                break;
            case MaxPool2D { Activation: { Min: sbyte.MinValue, Max: sbyte.MaxValue } }:
            case Pad:
            case Reshape:
            case Transpose:
                break;
            default:
                throw new CircuitException("it has no circuit yet");
        }
    }

    public Floor this[int index] => _floors[index]!;

    /// <summary>Of an addition.</summary>
    public PairFloor? Pair { get; }

    /// <summary>Least and greatest element of an activation, by what made it.</summary>
    private static (int Low, int High) RangeOf(Graph graph, int id)
    {
        GraphTensor tensor = graph.Tensor(id);
        if (id < graph.Inputs.Length)
        {
            return (tensor.Min, tensor.Max);
        }

        Operator op = graph.Operators[id - graph.Inputs.Length];
        return op switch
        {
            FullyConnected layer => (layer.End.Min, layer.End.Max),
            WindowOperator layer => (layer.Activation.Min, layer.Activation.Max),
            Reshape or Transpose => RangeOf(graph, op.Wiring.InputIds[0]),
            _ => (tensor.Min, tensor.Max),
        };
    }

    private static Floor[] Channels(ChannelParameters parameters, GraphTensor input,
        OutputEnd end, int weightZero, int low, int high)
    {
        // A tap outside the image counts as the zero point.
        int least = Math.Min(low - input.ZeroPoint, 0);
        int greatest = Math.Max(high - input.ZeroPoint, 0);
        Floor[] floors = new Floor[parameters.Channels];
        for (int c = 0; c < floors.Length; c++)
        {
            Channel channel = parameters[c];
            int from = channel.Bias;
            int to = channel.Bias;
            foreach (sbyte weight in channel.Weights)
            {
                int factor = weight - weightZero;
                from += factor * (factor > 0 ? least : greatest);
                to += factor * (factor > 0 ? greatest : least);
            }

            floors[c] = FloorSearch.Find(
                new ChannelRescaling(channel.Multiplier, channel.Shift, end), from, to);
        }

        return floors;
    }

    private static Floor?[] Averages(AveragePool2D pool, int low, int high)
    {
        Floor?[] floors = new Floor?[pool.Window.Taps];
        for (int i = 0; i < pool.Output.Elements; i += pool.Output[3])
        {
            int count = pool.PatchOf(i).Count;
            floors[count - 1] ??= FloorSearch.Find(
                new AverageRescaling(pool, count), count * low, count * high);
        }

        return floors;
    }
}
