using System;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// How many bytes a proof about one output element opens, at most: the element itself, the inputs
/// that it reads, and the parameter leaf of its channel, each with its path. One transaction must
/// carry them when a court is asked whether the element is right.
/// </summary>
internal static class ProofSize
{
    /// <exception cref="ModelException">
    /// More than <see cref="GraphLimits.ElementProofBytesMax"/>.
    /// </exception>
    public static int OfElement(Graph graph, Operator op)
    {
        long bytes = OpeningBytes(op.Output.Elements, 1, graph.TensorCount);
        bytes += InputBytes(graph, op);
        if (op.Parameters is { } parameters)
        {
            bytes += ParameterLeaf.FixedBytes + parameters.WeightsPerChannel
                + PathBytes(GraphRoots.LeafCount(graph), 1);
        }

        op.Wiring.Require(
            bytes <= GraphLimits.ElementProofBytesMax,
            op.Kind,
            FormattableString.Invariant($"the proof of one element opens {bytes} bytes, ")
                + $"{GraphLimits.ElementProofBytesMax} is the most");
        return (int)bytes;
    }

    private static long InputBytes(Graph graph, Operator op)
    {
        ElementReads reads = op.Reads;
        int elements = op.Input.Elements;
        long runs = reads.Runs * OpeningBytes(elements, reads.RunBytes, graph.TensorCount);
        long span = op.Wiring.Inputs.Length
            * OpeningBytes(elements, reads.SpanBytes, graph.TensorCount);
        return Math.Min(runs, span);
    }

    /// <summary>Longest <see cref="Opening"/> of so many adjacent bytes of a tensor.</summary>
    private static long OpeningBytes(long tensorBytes, long bytes, int tensors)
    {
        long leaves = CeilingDivide(tensorBytes, TraceTree.LeafBytes);
        long opened = Math.Min(
            leaves, CeilingDivide(bytes - 1, TraceTree.LeafBytes) + 1);
        return Opening.HeaderBytes + opened * TraceTree.LeafBytes
            + PathBytes(leaves, opened) + PathBytes(tensors, 1);
    }

    /// <summary>Siblings of so many adjacent nodes, level by level up to the root.</summary>
    private static long PathBytes(long nodes, long known)
    {
        long siblings = 0;
        while (nodes > 1)
        {
            // One node lacks three of its group; several lack at most three at either end.
            long lacking = known == 1 ? TraceTree.Arity - 1 : 2 * (TraceTree.Arity - 1);
            siblings += Math.Min(lacking, nodes - known);
            nodes = CeilingDivide(nodes, TraceTree.Arity);
            known = Math.Min(nodes, CeilingDivide(known - 1, TraceTree.Arity) + 1);
        }

        return siblings * Bytes32.Size;
    }

    private static long CeilingDivide(long a, long b) => (a + b - 1) / b;
}
