using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Disputes;

/// <summary>Opens, from one run that is known whole, exactly what one element reads.</summary>
public sealed class GraphWitnesses
{
    private readonly Graph _graph;
    private readonly RecordedTrace _trace;
    private readonly Bytes32[] _leaves;

    /// <param name="model">A graph.</param>
    /// <param name="trace">A run of it.</param>
    /// <exception cref="ModelException">The model is no graph.</exception>
    public GraphWitnesses(IModel model, RecordedTrace trace)
    {
        _graph = (model as GraphModel)?.Graph ?? throw new ModelException("the model is no graph");
        _trace = trace;
        _leaves = GraphRoots.Leaves(_graph);
    }

    /// <summary>The element itself and its operands.</summary>
    /// <param name="index">Operator in the source graph, from 0.</param>
    /// <param name="element">Number of the element in its output's own order.</param>
    public GraphWitness Of(int index, int element)
    {
        Operator op = _graph.Operators[index];
        RecordingReader reader = new(_trace, op);
        reader.Log.Touch(_graph.Inputs.Length + index, element, elementBytes: 1);
        _ = op.Element(ref reader, element);
        List<byte[]> openings = reader.Log.Open(_trace);
        if (reader.Channels.Count == 0)
        {
            return new(openings, [], null);
        }

        int channel = reader.Channels.Single();
        ChannelParameters parameters = op.Parameters!;
        byte[] leaf = new byte[ParameterLeaf.FixedBytes + parameters.WeightsPerChannel];
        _ = ParameterLeaf.Write(leaf, index, channel, parameters);
        return new(
            openings, leaf,
            ParameterPath.Of(_leaves, GraphRoots.LeafIndex(_graph, op, channel)));
    }

    private readonly struct RecordingReader(RecordedTrace trace, Operator op) : IElementReader
    {
        public LeafLog Log { get; } = new();

        public HashSet<int> Channels { get; } = [];

        public sbyte Read(int input, int index)
        {
            int tensor = op.Wiring.InputIds[input];
            Log.Touch(tensor, index, elementBytes: 1);
            return (sbyte)trace[tensor].Data[index];
        }

        public Channel Channel(int channel)
        {
            _ = Channels.Add(channel);
            return op.Parameters![channel];
        }
    }
}

/// <summary>Everything that judging one element of a graph reads.</summary>
/// <param name="Trace">Openings under the trace root.</param>
/// <param name="Parameters">The parameter leaf of the element's channel, or empty.</param>
/// <param name="Path">Its path under the parameters root.</param>
public sealed record GraphWitness(
    IReadOnlyList<byte[]> Trace, byte[] Parameters, ParameterPath? Path)
{
    /// <summary>Bytes of all openings, paths included.</summary>
    public int Bytes =>
        Trace.Sum(o => o.Length) + Parameters.Length + (Path?.Siblings.Length ?? 0);
}
