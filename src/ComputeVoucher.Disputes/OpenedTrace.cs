using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes;

/// <summary>The tensors of a list that were opened, leaf by leaf, each proven.</summary>
internal sealed class OpenedTrace
{
    private readonly SortedDictionary<int, (TensorType Type, Leaves Leaves)> _tensors = [];

    private OpenedTrace()
    {
    }

    /// <summary>Reads tensors and the multiproof of their hashes.</summary>
    /// <param name="proof">At the number of tensors.</param>
    /// <param name="count">Tensors that the list must have.</param>
    /// <param name="shapeOf">Type and shape that the architecture gives a tensor.</param>
    /// <param name="root">What was signed.</param>
    /// <exception cref="EvidenceException">Not of that root.</exception>
    public static OpenedTrace Read(
        ProofReader proof, int count, Func<int, (TensorType Type, int[] Dims)> shapeOf,
        in Bytes32 root) => Read(proof, proof.U16(), count, shapeOf, root);

    /// <summary>The same with a given number of tensors.</summary>
    public static OpenedTrace Read(
        ProofReader proof, int tensors, int count,
        Func<int, (TensorType Type, int[] Dims)> shapeOf, in Bytes32 root)
    {
        OpenedTrace opened = new();
        List<Bytes32> hashes = [];
        int last = -1;
        for (int i = 0; i < tensors; i++)
        {
            int tensor = proof.Below(count);
            if (tensor <= last)
            {
                throw ProofReader.Bad($"tensor {tensor} behind {last}");
            }

            last = tensor;
            (TensorType type, int[] dims) = shapeOf(tensor);
            Leaves leaves = proof.Leaves();
            Bytes32 data = proof.Root(leaves, TraceTree.DataBytes(type, dims));
            hashes.Add(TraceTree.TensorHash(type, dims, data));
            opened._tensors[tensor] = (type, leaves);
        }

        Bytes32 list = proof.Root([.. opened._tensors.Keys], [.. hashes], count);
        return TraceTree.ListHash(count, list) == root
            ? opened
            : throw ProofReader.Bad("the tensors are not of the signed root");
    }

    /// <summary>One committed element, sign or zero extended.</summary>
    /// <exception cref="EvidenceException">Not open.</exception>
    public long Read(int tensor, int element)
    {
        if (!_tensors.TryGetValue(tensor, out (TensorType Type, Leaves Leaves) opened))
        {
            throw new EvidenceException(Verdict.OpeningMissing, $"tensor {tensor} is not open");
        }

        Span<byte> bytes = stackalloc byte[sizeof(long)];
        int size = TraceTree.ElementBytes(opened.Type);
        return opened.Leaves.TryCopy((long)element * size, bytes[..size])
            ? Element(opened.Type, bytes, 0)
            : throw new EvidenceException(
                Verdict.OpeningMissing, $"element {element} of tensor {tensor} is not open");
    }

    /// <summary>An element of little-endian bytes, sign or zero extended.</summary>
    public static long Element(TensorType type, ReadOnlySpan<byte> data, int element)
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
