using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Language;

/// <summary>Hashes of a trace's tensors, each at its place in the list.</summary>
internal sealed class TraceCollector(TraceLayout layout, bool scalar, TensorCallback? show)
{
    private readonly List<Bytes32> _list = [];

    /// <summary>What stands where.</summary>
    public TraceLayout Layout => layout;

    /// <summary>
    /// Tokens per batch: one where tensors are shown, which is then in list order.
    /// </summary>
    public int BatchMax => show is null ? Decoder.BatchMax : 1;

    /// <summary>Commits to the tensor of that place; a batch does not come in list order.</summary>
    public void Add(in TracePlace at, ReadOnlySpan<byte> data)
    {
        int index = layout.Index(at);
        int[] dims = layout.Dims(at);
        TensorType type = layout.Type(at.Tensor);
        CollectionsMarshal.SetCount(_list, Math.Max(_list.Count, index + 1));
        _list[index] = TraceTree.TensorHash(type, dims, data, scalar);
        show?.Invoke(new TracedTensor
        {
            ListIndex = index,
            OperatorIndex = index - 1,
            Operator = TraceLayout.Name(at.Tensor),
            Type = type,
            Dims = dims,
            Data = data,
        });
    }

    public Bytes32 Root() => TraceTree.ListRoot(CollectionsMarshal.AsSpan(_list), scalar);
}
