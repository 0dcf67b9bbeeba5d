using System;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;
using ComputeVoucher.Trace.Internal;

namespace ComputeVoucher.Disputes;

/// <summary>
/// Path of one leaf of a parameters root: the siblings level by level, as in an
/// <see cref="Opening"/>.
/// </summary>
/// <param name="Index">Place of the leaf, from 0.</param>
/// <param name="Count">Leaves in the tree.</param>
/// <param name="Siblings">32 bytes each.</param>
public sealed record ParameterPath(int Index, int Count, byte[] Siblings)
{
    /// <summary>The path of one of these leaves.</summary>
    internal static ParameterPath Of(ReadOnlySpan<Bytes32> leaves, int index)
    {
        NodeRange range = new(index, index, leaves.Length);
        byte[] siblings = new byte[range.PathSiblings * Bytes32.Size];
        Bytes32[] level = new Bytes32[TraceTree.RoundUp(leaves.Length)];
        leaves.CopyTo(level);
        _ = new PathWriter(siblings).Write(level, range);
        return new(index, leaves.Length, siblings);
    }

    /// <summary>
    /// Whether a model with this root and architecture has this leaf at this place.
    /// </summary>
    internal bool Proves(in Bytes32 leaf, in Bytes32 architecture, in Bytes32 modelRoot)
    {
        NodeRange range = new(Index, Index, Count);
        if (Index < 0 || Index >= Count || Siblings.Length != range.PathSiblings * Bytes32.Size)
        {
            return false;
        }

        Bytes32 root = new PathReader(Siblings).Root([leaf], range);
        return ModelRoots.Model(architecture, ModelRoots.Parameters(Count, root)) == modelRoot;
    }
}
