using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes;

/// <summary>
/// The part of a trace that was opened, leaf by leaf, each proven against the trace root.
/// </summary>
/// <param name="traceRoot">The list root that a receipt or a trace answer signs.</param>
public sealed class OpenedTrace(Bytes32 traceRoot)
{
    private readonly Dictionary<int, Opening> _tensors = [];
    private readonly Dictionary<(int Tensor, int Leaf), (Opening Opening, int At)> _leaves = [];

    /// <summary>Tensors in the list; 0 as long as nothing is opened.</summary>
    public int TensorCount { get; private set; }

    /// <summary>Leaves that were opened.</summary>
    internal int LeafCount => _leaves.Count;

    /// <summary>
    /// Takes an <see cref="Opening"/>; false, and nothing taken, where it does not prove itself.
    /// </summary>
    public bool TryAdd(ReadOnlySpan<byte> encoded)
    {
        if (!Opening.TryVerify(encoded, traceRoot, out Opening? opening))
        {
            return false;
        }

        TensorCount = opening.TensorCount;
        _tensors[opening.TensorIndex] = opening;
        int size = TraceTree.ElementBytes(opening.Type);
        int firstLeaf = opening.FirstElement * size / TraceTree.LeafBytes;
        int lastLeaf = ((opening.FirstElement + opening.ElementCount) * size - 1)
            / TraceTree.LeafBytes;
        for (int leaf = firstLeaf; leaf <= lastLeaf; leaf++)
        {
            int at = Opening.HeaderBytes + (leaf - firstLeaf) * TraceTree.LeafBytes;
            _leaves[(opening.TensorIndex, leaf)] = (opening, at);
        }

        return true;
    }

    /// <summary>One committed element, sign or zero extended.</summary>
    /// <param name="tensor">Place in the trace's list.</param>
    /// <param name="type">Element type that the model's architecture gives this tensor.</param>
    /// <param name="dims">Shape that the architecture gives it.</param>
    /// <param name="element">Number of the element in the tensor's own order.</param>
    /// <exception cref="EvidenceException">Not open, or another tensor.</exception>
    internal long Read(int tensor, TensorType type, ReadOnlySpan<int> dims, int element)
    {
        if (!_tensors.TryGetValue(tensor, out Opening? opened))
        {
            throw new EvidenceException(Verdict.OpeningMissing, $"tensor {tensor} is not open");
        }

        if (opened.Type != type || !opened.Dims.SequenceEqual(dims))
        {
            throw new EvidenceException(
                Verdict.OpeningBad, $"tensor {tensor} has another type or shape");
        }

        int size = TraceTree.ElementBytes(type);
        int place = element * size;
        if (!_leaves.TryGetValue((tensor, place / TraceTree.LeafBytes), out var leaf))
        {
            throw new EvidenceException(
                Verdict.OpeningMissing, $"element {element} of tensor {tensor} is not open");
        }

        return Element(
            type, leaf.Opening.Encoded.Slice(leaf.At, TraceTree.LeafBytes),
            place % TraceTree.LeafBytes / size);
    }

    /// <summary>An element of little-endian bytes, sign or zero extended.</summary>
    internal static long Element(TensorType type, ReadOnlySpan<byte> data, int element)
    {
        ReadOnlySpan<byte> at = data[(element * TraceTree.ElementBytes(type))..];
        return type switch
        {
            TensorType.Int8 => (sbyte)at[0],
            TensorType.UInt8 => at[0],
            TensorType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(at),
            TensorType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(at),
            _ => BinaryPrimitives.ReadInt64LittleEndian(at),
        };
    }
}
