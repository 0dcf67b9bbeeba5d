using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>One leaf of an input record, or of a language model's output, with its path to the
/// tensor's root: Records.sol.</summary>
/// <param name="Index">Of the leaf.</param>
/// <param name="Leaf">128 bytes.</param>
/// <param name="Siblings">Three for each level, left to right, from the leaf up.</param>
public readonly record struct RecordOpening(
    uint Index, ReadOnlyMemory<byte> Leaf, ReadOnlyMemory<Bytes32> Siblings)
{
    /// <summary>Where there is nothing to open: a graph's orders.</summary>
    public static RecordOpening None => default;
}

/// <summary>A tensor's hash with its path to the root of its list: Contradictions.sol.</summary>
/// <param name="Siblings">Three for each level, left to right, from the tensor up.</param>
public readonly record struct TensorMember(Bytes32 Hash, ReadOnlyMemory<Bytes32> Siblings);
