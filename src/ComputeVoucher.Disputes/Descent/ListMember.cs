using System.Collections.Generic;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Disputes;

/// <summary>A tensor's hash and its path to the list's root: Contradictions.Member.</summary>
/// <param name="Hash">Of the tensor.</param>
/// <param name="Siblings">Three a level from the lowest, from left to right.</param>
public sealed record ListMember(Bytes32 Hash, IReadOnlyList<Bytes32> Siblings);

/// <summary>One leaf with its path to its tensor's root: Records.Opening.</summary>
/// <param name="Index">Of the leaf.</param>
/// <param name="Leaf">128 bytes.</param>
/// <param name="Siblings">Three a level from the lowest, from left to right.</param>
public sealed record LeafOpening(uint Index, byte[] Leaf, IReadOnlyList<Bytes32> Siblings)
{
    /// <summary>Instead of an opening that a call does not need.</summary>
    public static LeafOpening None { get; } = new(0, [], []);
}
