using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// How many bytes the proof of one output element has, at most: the element itself, the inputs that
/// it reads, and the parameter leaf of its channel, each with its multiproof. Where the inputs are
/// scattered and too many, their values are claimed and one of them is opened.
/// </summary>
internal static class ProofSize
{
    /// <summary>Version, list index, element, number of tensors.</summary>
    private const int HeaderBytes = 1 + 4 + 4 + 2;

    /// <summary>List index before the leaves of a tensor.</summary>
    private const int IndexBytes = 4;

    /// <exception cref="ModelException">
    /// Judging an element would take more than <see cref="ElementGas.Max"/>.
    /// </exception>
    public static int OfElement(Graph graph, Operator op)
    {
        long whole = Whole(graph, op);
        long bytes = ElementGas.Of(whole) > ElementGas.Max && MayClaim(op)
            ? Claimed(graph, op)
            : whole;
        long row = op.Kind == OperatorKind.Softmax ? op.Input.Last : 0;
        long gas = ElementGas.Of(
            bytes, op.Parameters?.WeightsPerChannel ?? 0, Math.Min(row, 1 + byte.MaxValue), row);
        op.Wiring.Require(
            gas <= ElementGas.Max && bytes <= ElementGas.BytesMax,
            op.Kind,
            FormattableString.Invariant($"the proof of one element has {bytes} bytes, judging it ")
                + FormattableString.Invariant($"takes {gas} gas, {ElementGas.Max} is the most"));
        return (int)bytes;
    }

    /// <summary>Operators whose operands may be given as values: theirs are scattered.</summary>
    public static bool MayClaim(Operator op) => op.Kind is OperatorKind.AveragePool2D
        or OperatorKind.MaxPool2D or OperatorKind.Mean;

    private static long Whole(Graph graph, Operator op)
    {
        ElementReads reads = op.Reads;
        int inputs = op.Wiring.Inputs.Length;
        long bytes = Own(op);
        foreach (GraphTensor input in op.Wiring.Inputs)
        {
            bytes += IndexBytes + OpeningSize.Leaves(
                input.Elements, reads.Runs / inputs, reads.RunBytes, reads.SpanBytes);
        }

        bytes += OpeningSize.Siblings(graph.TensorCount, 1 + inputs, 1);
        return op.Parameters is { } parameters
            ? bytes + ParameterLeaf.FixedBytes + parameters.WeightsPerChannel
                + OpeningSize.Siblings(GraphRoots.LeafCount(graph), 1, 1)
            : bytes;
    }

    private static long Claimed(Graph graph, Operator op) =>
        Own(op) + op.Reads.Runs * op.Reads.RunBytes
            + OpeningSize.Siblings(graph.TensorCount, 1, 1);

    private static long Own(Operator op) =>
        HeaderBytes + IndexBytes + OpeningSize.Leaves(op.Output.Elements, 1);
}
