using System;
using System.Collections.Generic;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// Places every activation in one block of memory, once per session. Where nothing is traced,
/// activations that are never alive together share bytes.
/// </summary>
internal sealed class ArenaPlan
{
    /// <summary>Vector loads may run past a tensor's end, never past its aligned slot.</summary>
    public const int AlignmentBytes = 64;

    private ArenaPlan(long[] offsets, long bytes)
    {
        Offsets = offsets;
        Bytes = bytes;
    }

    /// <summary>(activations): where each begins.</summary>
    public long[] Offsets { get; }

    public long Bytes { get; }

    /// <summary>Every activation has a place of its own: what a trace needs.</summary>
    public static ArenaPlan KeepAll(Graph graph)
    {
        long[] offsets = new long[graph.TensorCount];
        long bytes = 0;
        for (int id = 0; id < offsets.Length; id++)
        {
            offsets[id] = bytes;
            bytes += Aligned(graph.Tensor(id).Elements);
        }

        return new ArenaPlan(offsets, bytes);
    }

    /// <summary>
    /// First fit in order of birth: near the optimum for chains and residual blocks.
    /// </summary>
    public static ArenaPlan Reuse(Graph graph)
    {
        int[] lastUse = LastUses(graph);
        long[] offsets = new long[graph.TensorCount];
        List<int> alive = [];
        long bytes = 0;
        for (int id = 0; id < offsets.Length; id++)
        {
            // Inputs are born together, before operator 0; operator i gives birth to its output.
            int birth = id < graph.Inputs.Length ? -1 : id - graph.Inputs.Length;
            alive.RemoveAll(other => lastUse[other] < birth);
            long size = Aligned(graph.Tensor(id).Elements);
            offsets[id] = FirstGap(graph, offsets, alive, size);
            alive.Add(id);
            alive.Sort((a, b) => offsets[a].CompareTo(offsets[b]));
            bytes = Math.Max(bytes, offsets[id] + size);
        }

        return new ArenaPlan(offsets, bytes);
    }

    private static long FirstGap(Graph graph, long[] offsets, List<int> alive, long size)
    {
        long at = 0;
        foreach (int other in alive)
        {
            if (offsets[other] - at >= size)
            {
                return at;
            }

            at = Math.Max(at, offsets[other] + Aligned(graph.Tensor(other).Elements));
        }

        return at;
    }

    /// <summary>(activations): the last operator that reads each; the end for outputs.</summary>
    private static int[] LastUses(Graph graph)
    {
        int[] last = new int[graph.TensorCount];
        for (int id = 0; id < last.Length; id++)
        {
            last[id] = id - graph.Inputs.Length;
        }

        foreach (Operator op in graph.Operators)
        {
            foreach (int id in op.Wiring.InputIds)
            {
                last[id] = op.Wiring.Index;
            }
        }

        foreach (int id in graph.Outputs)
        {
            last[id] = int.MaxValue;
        }

        return last;
    }

    private static long Aligned(long bytes) =>
        (bytes + AlignmentBytes - 1) / AlignmentBytes * AlignmentBytes;
}
