using System;
using System.Linq;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes;

/// <summary>
/// Judges one committed element of a graph's trace from openings alone, by the definition of its
/// operator. Knows the architecture; weights only as far as a parameter leaf is opened.
/// </summary>
public sealed class GraphJudge
{
    private readonly Graph _graph;
    private readonly Bytes32 _modelRoot;
    private readonly Bytes32 _architecture;

    /// <param name="modelRoot">The model that was ordered.</param>
    /// <param name="architecture">Its canonical encoding.</param>
    /// <param name="parametersRoot">Beside the architecture under the model root.</param>
    /// <exception cref="ModelException">Not what the root names, or no valid graph.</exception>
    public GraphJudge(
        Bytes32 modelRoot, ReadOnlySpan<byte> architecture, in Bytes32 parametersRoot)
    {
        _modelRoot = modelRoot;
        _architecture = ModelRoots.Architecture([], architecture);
        _graph = ModelRoots.Model(_architecture, parametersRoot) == modelRoot
            ? ArchitectureCodec.Decode(architecture, new ShapesAlone())
            : throw new ModelException("the architecture is of another model");
    }

    /// <summary>Whether the element follows from its operands.</summary>
    /// <param name="traceRoot">What the provider signed.</param>
    /// <param name="witness">See <see cref="GraphWitnesses"/>.</param>
    /// <param name="index">Operator in the source graph, from 0.</param>
    /// <param name="element">Number of the element in its output's own order.</param>
    public Judgement Judge(Bytes32 traceRoot, GraphWitness witness, int index, int element)
    {
        Operator op = _graph.Operators[index];
        GraphTensor output = op.Output;
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)element, (uint)output.Elements);
        OpenedTrace trace = new(traceRoot);
        if (!witness.Trace.All(o => trace.TryAdd(o)))
        {
            return Judgement.Of(Bad("an opening is not of the trace root"));
        }

        try
        {
            if (trace.TensorCount != 0 && trace.TensorCount != _graph.TensorCount)
            {
                throw Bad($"the trace has {trace.TensorCount} tensors");
            }

            OpenedReader reader = new(this, op, trace, witness);
            long committed = trace.Read(
                _graph.Inputs.Length + index, output.Type, output.Dims, element);
            sbyte computed = op.Element(ref reader, element);
            return Judgement.Of(
                committed, output.Type == TensorType.UInt8 ? (byte)computed : computed);
        }
        catch (EvidenceException e)
        {
            return Judgement.Of(e);
        }
        catch (ModelException e)
        {
            return Judgement.Of(Bad(e.Message));
        }
    }

    private static EvidenceException Bad(string message) => new(Verdict.OpeningBad, message);

    /// <summary>Reads what was opened and proven; anything else ends the definition.</summary>
    private readonly struct OpenedReader(
        GraphJudge judge, Operator op, OpenedTrace trace, GraphWitness witness) : IElementReader
    {
        public sbyte Read(int input, int index)
        {
            GraphTensor tensor = op.Wiring.Inputs[input];
            return (sbyte)trace.Read(op.Wiring.InputIds[input], tensor.Type, tensor.Dims, index);
        }

        public Channel Channel(int channel)
        {
            int layer = op.Wiring.Index;
            byte[] leaf = witness.Parameters;
            if (!ParameterLeaf.IsOf(leaf, layer, channel, op.Parameters!.WeightsPerChannel))
            {
                throw new EvidenceException(
                    Verdict.OpeningMissing, $"channel {channel} of operator {layer} is not open");
            }

            if (witness.Path is not { } path
                || path.Index != GraphRoots.LeafIndex(judge._graph, op, channel)
                || path.Count != GraphRoots.LeafCount(judge._graph)
                || !path.Proves(Keccak256.Hash(leaf), judge._architecture, judge._modelRoot))
            {
                throw Bad($"channel {channel} of operator {layer} is not of this model");
            }

            Channel opened = ParameterLeaf.Read(leaf);
            AccumulatorBound.Check(
                op.Wiring, op.Kind, opened, (op as FullyConnected)?.WeightZero ?? 0);
            return opened;
        }
    }

    private sealed class ShapesAlone : IParameterSource
    {
        public ChannelParameters Take(int channels, long weightsPerChannel) =>
            channels > 0 && weightsPerChannel is > 0 and <= GraphLimits.ElementProofBytesMax
                ? new(channels, (int)weightsPerChannel)
                : throw new ModelException($"a channel of {weightsPerChannel} weights");
    }
}
