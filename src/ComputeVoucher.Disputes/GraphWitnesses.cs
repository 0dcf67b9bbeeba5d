using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Trace;
using ComputeVoucher.Trace.Internal;

namespace ComputeVoucher.Disputes;

/// <summary>Proves, from one run that is known whole, exactly what one element reads.</summary>
public sealed class GraphWitnesses
{
    private readonly Graph _graph;
    private readonly RecordedTrace _trace;
    private readonly HashTree? _parameters;

    /// <param name="model">A graph.</param>
    /// <param name="trace">A run of it, or what somebody claims to be one.</param>
    /// <exception cref="ModelException">The model is no graph.</exception>
    public GraphWitnesses(IModel model, RecordedTrace trace)
    {
        _graph = (model as GraphModel)?.Graph ?? throw new ModelException("the model is no graph");
        _trace = trace;
        _parameters = _graph.ParameterLayers.Any() ? new HashTree(GraphRoots.Leaves(_graph)) : null;
    }

    private GraphWitnesses(GraphWitnesses other, RecordedTrace trace) =>
        (_graph, _trace, _parameters) = (other._graph, trace, other._parameters);

    /// <summary>The same model with another trace.</summary>
    public GraphWitnesses Of(RecordedTrace trace) => new(this, trace);

    /// <summary>The element itself and its operands, whole.</summary>
    /// <param name="index">Operator in the source graph, from 0.</param>
    /// <param name="element">Number of the element in its output's own order.</param>
    public byte[] Element(int index, int element)
    {
        RecordingReader reader = new(_trace, _graph.Operators[index]);
        _ = _graph.Operators[index].Element(ref reader, element);
        return Write(ElementProof.Everything, index, element, reader.Log);
    }

    /// <summary>What answers a request for operands.</summary>
    public OperandsAnswer Operands(int index, int element)
    {
        Operator op = _graph.Operators[index];
        RecordingReader reader = new(_trace, op);
        _ = op.Element(ref reader, element);
        return ProofSize.MayClaim(op)
            ? new([.. reader.Values], Write(ElementProof.WithoutOperands, index, element, new()))
            : new([], Write(ElementProof.WithoutOperands, index, element, reader.Log));
    }

    /// <summary>Opens one operand that an answer gave a value of.</summary>
    /// <param name="index">Operator in the source graph.</param>
    /// <param name="element">The element that was asked for.</param>
    /// <param name="values">The answer.</param>
    /// <param name="place">Which of its values.</param>
    public byte[] Refutation(int index, int element, byte[] values, int place)
    {
        (int tensor, int operand) = GraphJudge.Places(
            _graph.Operators[index], element, values)[place];
        ProofWriter proof = new();
        proof.U8(ElementProof.Refutation);
        proof.U16(place);
        proof.U32((uint)tensor);
        proof.Leaves(
            _trace[tensor].Data, _trace[tensor].Tree, [operand / TraceTree.LeafBytes]);
        proof.Siblings(_trace.List, [tensor]);
        return proof.ToArray();
    }

    private byte[] Write(int version, int index, int element, LeafLog log)
    {
        Operator op = _graph.Operators[index];
        int tensor = _graph.Inputs.Length + index;
        log.Touch(tensor, element, elementBytes: 1);
        ProofWriter proof = new();
        proof.U8(version);
        proof.U32((uint)tensor);
        proof.U32((uint)element);
        proof.Tensors(_trace, log);
        if (op.Parameters is { } parameters)
        {
            int channel = element % op.Output.Last;
            byte[] leaf = new byte[ParameterLeaf.FixedBytes + parameters.WeightsPerChannel];
            _ = ParameterLeaf.Write(leaf, index, channel, parameters);
            proof.Bytes(leaf);
            proof.Siblings(_parameters!, [GraphRoots.LeafIndex(_graph, op, channel)]);
        }

        return proof.ToArray();
    }

    private readonly struct RecordingReader(RecordedTrace trace, Operator op) : IElementReader
    {
        public LeafLog Log { get; } = new();

        public List<byte> Values { get; } = [];

        public sbyte Read(int input, int index)
        {
            int tensor = op.Wiring.InputIds[input];
            Log.Touch(tensor, index, elementBytes: 1);
            Values.Add(trace[tensor].Data[index]);
            return (sbyte)trace[tensor].Data[index];
        }

        public Channel Channel(int channel) => op.Parameters![channel];
    }
}
