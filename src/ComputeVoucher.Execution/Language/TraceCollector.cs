using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Language;

/// <summary>Hashes of a trace's tensors, in the order of the trace's list.</summary>
internal sealed class TraceCollector : ITensorSink
{
    private readonly List<Bytes32> _list = [];
    private readonly List<Bytes32>[] _slots = new List<Bytes32>[Decoder.BatchMax];
    private readonly bool _scalar;
    private readonly TensorCallback? _show;

    public TraceCollector(bool scalar, TensorCallback? show)
    {
        _scalar = scalar;
        _show = show;
        for (int i = 0; i < _slots.Length; i++)
        {
            _slots[i] = [];
        }
    }

    /// <summary>
    /// Tokens per batch: one where tensors are shown, which is then in list order.
    /// </summary>
    public int BatchMax => _show is null ? Decoder.BatchMax : 1;

    public void Add(
        int slot, string name, TensorType type, ReadOnlySpan<int> dims, ReadOnlySpan<byte> data)
    {
        _slots[slot].Add(TraceTree.TensorHash(type, dims, data, _scalar));
        _show?.Invoke(new TracedTensor
        {
            ListIndex = _list.Count + _slots[slot].Count - 1,
            OperatorIndex = _list.Count + _slots[slot].Count - 2,
            Operator = name,
            Type = type,
            Dims = dims,
            Data = data,
        });
    }

    /// <summary>Appends the first slots' tensors, slot by slot.</summary>
    public void Flush(int slots)
    {
        for (int i = 0; i < slots; i++)
        {
            _list.AddRange(_slots[i]);
            _slots[i].Clear();
        }
    }

    public Bytes32 Root() => TraceTree.ListRoot(CollectionsMarshal.AsSpan(_list), _scalar);
}
