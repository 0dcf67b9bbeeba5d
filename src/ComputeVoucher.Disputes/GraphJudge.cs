using System;
using System.Collections.Generic;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes;

/// <summary>
/// Judges one committed element of a graph's trace from an <see cref="ElementProof"/> alone, by the
/// definition of its operator. Knows the architecture; weights only as far as a parameter leaf is
/// opened.
/// </summary>
public sealed class GraphJudge
{
    private readonly Graph _graph;
    private readonly Bytes32 _parametersRoot;

    /// <param name="modelRoot">The model that was ordered.</param>
    /// <param name="architecture">Its canonical encoding.</param>
    /// <param name="parametersRoot">Beside the architecture under the model root.</param>
    /// <exception cref="ModelException">Not what the root names, or no valid graph.</exception>
    public GraphJudge(
        Bytes32 modelRoot, ReadOnlySpan<byte> architecture, in Bytes32 parametersRoot)
    {
        _parametersRoot = parametersRoot;
        Bytes32 digest = ModelRoots.Architecture([], architecture);
        _graph = ModelRoots.Model(digest, parametersRoot) == modelRoot
            ? ArchitectureCodec.Decode(architecture, new ShapesAlone())
            : throw new ModelException("the architecture is of another model");
    }

    /// <summary>Whether the element follows from its operands.</summary>
    /// <param name="traceRoot">What the provider signed.</param>
    /// <param name="proof">See <see cref="GraphWitnesses.Element"/>.</param>
    public Judgement Element(Bytes32 traceRoot, ReadOnlyMemory<byte> proof) =>
        Judge(traceRoot, ElementProof.Everything, proof, []);

    /// <summary>
    /// Whether the element comes out of operands that are only claimed: Equal is an answer,
    /// everything else is none. Of pools and MEAN the values stand for all operands; of every other
    /// operator there are none and the proof opens everything.
    /// </summary>
    public Judgement Operands(Bytes32 traceRoot, OperandsAnswer answer) =>
        Judge(traceRoot, ElementProof.WithoutOperands, answer.Proof, answer.Values);

    /// <summary>
    /// Whether one opening shows another operand than the answer says: Differs convicts.
    /// </summary>
    /// <param name="traceRoot">What the provider signed.</param>
    /// <param name="tensor">List index of the element that was asked for.</param>
    /// <param name="element">The element.</param>
    /// <param name="values">What was answered.</param>
    /// <param name="proof">See <see cref="GraphWitnesses.Refutation"/>.</param>
    public Judgement Refutation(
        Bytes32 traceRoot, int tensor, int element, byte[] values, ReadOnlyMemory<byte> proof)
    {
        try
        {
            ProofReader reader = new(proof);
            reader.Version(ElementProof.Refutation);
            int place = reader.U16();
            List<(int Tensor, int Element)> places = Places(OperatorOf(tensor), element, values);
            if (place >= places.Count)
            {
                throw ProofReader.Bad($"value {place} of {places.Count}");
            }

            OpenedTrace trace = OpenedTrace.Read(
                reader, 1, _graph.TensorCount, ShapeOf, traceRoot);
            reader.End();
            (int operand, int at) = places[place];
            byte committed = (byte)trace.Read(operand, at);
            return Judgement.Of((sbyte)committed, (sbyte)values[place]);
        }
        catch (EvidenceException e)
        {
            return Judgement.Of(e);
        }
    }

    /// <summary>Where the operands of an element lie, in the order of the definition.</summary>
    internal static List<(int Tensor, int Element)> Places(
        Operator op, int element, byte[] values)
    {
        if (!ProofSize.MayClaim(op))
        {
            throw ProofReader.Bad($"the operands of {op.Name} are opened, not claimed");
        }

        ClaimedReader reader = new(op, values);
        _ = op.Element(ref reader, element);
        return reader.Places;
    }

    private Judgement Judge(
        Bytes32 traceRoot, int version, ReadOnlyMemory<byte> proof, byte[] values)
    {
        try
        {
            ProofReader reader = new(proof);
            reader.Version(version);
            int tensor = reader.Below(_graph.TensorCount);
            Operator op = OperatorOf(tensor);
            int element = reader.Below(op.Output.Elements);
            OpenedTrace trace = OpenedTrace.Read(reader, _graph.TensorCount, ShapeOf, traceRoot);
            OpenedReader opened = new(op, trace, ParameterLeafOf(op, element, reader));
            reader.End();
            long committed = trace.Read(tensor, element);
            sbyte computed = values.Length == 0
                ? op.Element(ref opened, element)
                : Claimed(op, element, values);
            return Judgement.Of(
                committed, op.Output.Type == TensorType.UInt8 ? (byte)computed : computed);
        }
        catch (EvidenceException e)
        {
            return Judgement.Of(e);
        }
        catch (ModelException e)
        {
            return Judgement.Of(ProofReader.Bad(e.Message));
        }
    }

    private static sbyte Claimed(Operator op, int element, byte[] values)
    {
        if (Places(op, element, values).Count != values.Length)
        {
            throw ProofReader.Bad($"{values.Length} values are too many");
        }

        ClaimedReader reader = new(op, values);
        return op.Element(ref reader, element);
    }

    private Operator OperatorOf(int tensor) =>
        tensor >= _graph.Inputs.Length && tensor < _graph.TensorCount
            ? _graph.Operators[tensor - _graph.Inputs.Length]
            : throw ProofReader.Bad($"tensor {tensor} is computed by no operator");

    private (TensorType, int[]) ShapeOf(int tensor) =>
        (_graph.Tensor(tensor).Type, _graph.Tensor(tensor).Dims.ToArray());

    /// <summary>The parameter leaf of the element's channel; empty without parameters.</summary>
    private ReadOnlyMemory<byte> ParameterLeafOf(Operator op, int element, ProofReader reader)
    {
        if (op.Parameters is not { } parameters)
        {
            return default;
        }

        int channel = element % op.Output.Last;
        ReadOnlyMemory<byte> leaf =
            reader.Take(ParameterLeaf.FixedBytes + parameters.WeightsPerChannel);
        int count = GraphRoots.LeafCount(_graph);
        Bytes32 root = reader.Root(
            [GraphRoots.LeafIndex(_graph, op, channel)], [Keccak256.Hash(leaf.Span)], count);
        bool isThis = ParameterLeaf.IsOf(
            leaf.Span, op.Wiring.Index, channel, parameters.WeightsPerChannel);
        return isThis && ModelRoots.Parameters(count, root) == _parametersRoot
            ? leaf
            : throw ProofReader.Bad(
                $"channel {channel} of operator {op.Wiring.Index} is not of this model");
    }

    /// <summary>Reads what was opened and proven; anything else ends the definition.</summary>
    private readonly struct OpenedReader(
        Operator op, OpenedTrace trace, ReadOnlyMemory<byte> leaf) : IElementReader
    {
        public sbyte Read(int input, int index) =>
            (sbyte)trace.Read(op.Wiring.InputIds[input], index);

        public Channel Channel(int channel)
        {
            Channel opened = ParameterLeaf.Read(leaf.Span);
            AccumulatorBound.Check(
                op.Wiring, op.Kind, opened, (op as FullyConnected)?.WeightZero ?? 0);
            return opened;
        }
    }

    /// <summary>Takes value after value, and notes whose they are.</summary>
    private readonly struct ClaimedReader(Operator op, byte[] values) : IElementReader
    {
        public List<(int Tensor, int Element)> Places { get; } = [];

        public sbyte Read(int input, int index)
        {
            Places.Add((op.Wiring.InputIds[input], index));
            return Places.Count <= values.Length
                ? (sbyte)values[Places.Count - 1]
                : throw ProofReader.Bad($"{values.Length} values are too few");
        }

        public Channel Channel(int channel) =>
            throw new InvalidOperationException("pools and means have no parameters");
    }

    private sealed class ShapesAlone : IParameterSource
    {
        public ChannelParameters Take(int channels, long weightsPerChannel) =>
            channels > 0 && weightsPerChannel is > 0 and <= ElementGas.BytesMax
                ? new(channels, (int)weightsPerChannel)
                : throw new ModelException($"a channel of {weightsPerChannel} weights");
    }
}
