using System;
using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes;

/// <summary>The leaves that a definition touched, and openings of exactly those.</summary>
internal sealed class LeafLog
{
    private readonly SortedDictionary<int, SortedSet<int>> _leaves = [];

    /// <summary>Notes the leaf that holds one element of so many bytes.</summary>
    public void Touch(int tensor, int element, int elementBytes)
    {
        if (!_leaves.TryGetValue(tensor, out SortedSet<int>? leaves))
        {
            _leaves[tensor] = leaves = [];
        }

        _ = leaves.Add((int)((long)element * elementBytes / TraceTree.LeafBytes));
    }

    /// <summary>
    /// Per tensor either every run of adjacent leaves or all from the first to the last, whichever
    /// takes fewer bytes: the bound that import checked counts so too.
    /// </summary>
    public List<byte[]> Open(RecordedTrace trace)
    {
        List<byte[]> openings = [];
        foreach ((int tensor, SortedSet<int> leaves) in _leaves)
        {
            List<byte[]> runs = [];
            int first = leaves.Min;
            int last = first;
            foreach (int leaf in leaves.Append(int.MaxValue))
            {
                if (leaf > last + 1)
                {
                    runs.Add(Open(trace, tensor, first, last));
                    first = leaf;
                }

                last = leaf;
            }

            long bytes = (leaves.Max - leaves.Min + 1L) * TraceTree.LeafBytes;
            if (runs.Count > 1 && bytes < runs.Sum(r => r.Length))
            {
                byte[] span = Open(trace, tensor, leaves.Min, leaves.Max);
                runs = span.Length < runs.Sum(r => r.Length) ? [span] : runs;
            }

            openings.AddRange(runs);
        }

        return openings;
    }

    private static byte[] Open(RecordedTrace trace, int tensor, int firstLeaf, int lastLeaf)
    {
        int size = TraceTree.ElementBytes(trace[tensor].Type);
        int elements = trace[tensor].Data.Length / size;
        int from = firstLeaf * (TraceTree.LeafBytes / size);
        int end = Math.Min(elements, (lastLeaf + 1) * (TraceTree.LeafBytes / size));
        return trace.Open(tensor, from, end - from).Encoded.ToArray();
    }
}
