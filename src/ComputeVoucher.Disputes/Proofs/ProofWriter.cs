using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;
using ComputeVoucher.Trace.Internal;

namespace ComputeVoucher.Disputes;

/// <summary>
/// Appends the parts of an <see cref="ElementProof"/>; its integers are big endian.
/// </summary>
internal sealed class ProofWriter
{
    private readonly MemoryStream _bytes = new();

    public byte[] ToArray() => _bytes.ToArray();

    public void U8(int value) => _bytes.WriteByte(checked((byte)value));

    public void U16(int value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, checked((ushort)value));
        _bytes.Write(bytes);
    }

    public void U32(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        _bytes.Write(bytes);
    }

    public void Bytes(ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);

    public void Siblings(HashTree tree, IEnumerable<int> nodes)
    {
        foreach (Bytes32 sibling in tree.Siblings(nodes))
        {
            _bytes.Write(sibling.Span);
        }
    }

    /// <summary>Leaves of some bytes, zero beyond their end, and their multiproof.</summary>
    public void Leaves(ReadOnlySpan<byte> data, HashTree tree, IReadOnlyCollection<int> leaves)
    {
        U16(leaves.Count);
        foreach (int leaf in leaves)
        {
            U32((uint)leaf);
        }

        Span<byte> padded = stackalloc byte[TraceTree.LeafBytes];
        foreach (int leaf in leaves)
        {
            ReadOnlySpan<byte> rest = data[(leaf * TraceTree.LeafBytes)..];
            padded.Clear();
            rest[..Math.Min(rest.Length, padded.Length)].CopyTo(padded);
            _bytes.Write(padded);
        }

        Siblings(tree, leaves);
    }

    /// <summary>Leaves of several tensors of a list, and the multiproof of their hashes.</summary>
    public void Tensors(RecordedTrace trace, LeafLog log)
    {
        U16(log.Tensors.Count);
        foreach ((int tensor, SortedSet<int> leaves) in log.Tensors)
        {
            U32((uint)tensor);
            Leaves(trace[tensor].Data, trace[tensor].Tree, leaves);
        }

        Siblings(trace.List, log.Tensors.Keys);
    }
}
