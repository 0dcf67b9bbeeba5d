using System.Collections.Generic;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes;

/// <summary>The leaves that a definition touched, tensor by tensor.</summary>
internal sealed class LeafLog
{
    /// <summary>Leaves by list index, both rising.</summary>
    public SortedDictionary<int, SortedSet<int>> Tensors { get; } = [];

    /// <summary>Notes the leaf that holds one element of so many bytes.</summary>
    public void Touch(int tensor, int element, int elementBytes)
    {
        if (!Tensors.TryGetValue(tensor, out SortedSet<int>? leaves))
        {
            Tensors[tensor] = leaves = [];
        }

        _ = leaves.Add((int)((long)element * elementBytes / TraceTree.LeafBytes));
    }
}
