using System;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution;

/// <summary>Bytes of the parts of an element proof, at most.</summary>
internal static class OpeningSize
{
    private const int NumberBytes = 4;
    private const int CountBytes = 2;

    /// <summary>
    /// A number of leaves, their places, the leaves and their multiproof: so many runs of so many
    /// adjacent bytes, all within one span.
    /// </summary>
    public static long Leaves(long tensorBytes, long runs, long runBytes, long spanBytes)
    {
        long all = CeilingDivide(tensorBytes, TraceTree.LeafBytes);
        long run = Math.Min(all, Touched(runBytes));
        long known = Math.Min(Math.Min(all, Touched(spanBytes)), runs * run);
        return CountBytes + known * (NumberBytes + TraceTree.LeafBytes)
            + Siblings(all, Math.Min(runs, known), run);
    }

    /// <summary>One run of adjacent bytes.</summary>
    public static long Leaves(long tensorBytes, long runBytes) =>
        Leaves(tensorBytes, 1, runBytes, runBytes);

    /// <summary>
    /// Siblings of so many runs of adjacent nodes, level by level up to the root, in bytes.
    /// </summary>
    public static long Siblings(long nodes, long runs, long run)
    {
        long siblings = 0;
        while (nodes > 1)
        {
            // One node lacks three of its group; several lack at most three at either end.
            long lacking = run == 1 ? TraceTree.Arity - 1 : 2 * (TraceTree.Arity - 1);
            siblings += Math.Min(runs * lacking, nodes - 1);
            nodes = CeilingDivide(nodes, TraceTree.Arity);
            run = Math.Min(nodes, CeilingDivide(run - 1, TraceTree.Arity) + 1);
            runs = Math.Min(runs, nodes);
        }

        return siblings * Bytes32.Size;
    }

    private static long Touched(long bytes) =>
        CeilingDivide(bytes - 1, TraceTree.LeafBytes) + 1;

    private static long CeilingDivide(long a, long b) => (a + b - 1) / b;
}
