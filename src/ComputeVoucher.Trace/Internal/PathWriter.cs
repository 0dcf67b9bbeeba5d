using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Trace.Internal;

/// <summary>Appends the siblings of a range of nodes, level by level.</summary>
internal ref struct PathWriter
{
    private Span<byte> _rest;

    public PathWriter(Span<byte> output) => _rest = output;

    /// <summary>
    /// Writes the path of <paramref name="range"/> and returns the root.
    /// <paramref name="level"/> holds all nodes, with room up to a multiple of 4; it is used up.
    /// </summary>
    public Bytes32 Write(Span<Bytes32> level, NodeRange range)
    {
        for (; !range.IsRoot; range = range.Parents)
        {
            Append(level[range.GroupsStart..range.First]);
            Append(level[(range.Last + 1)..range.GroupsEnd]);
            _ = TraceTree.ReduceLevel(level, range.Count, scalar: false);
        }

        return level[0];
    }

    private void Append(ReadOnlySpan<Bytes32> siblings)
    {
        foreach (ref readonly Bytes32 sibling in siblings)
        {
            sibling.CopyTo(_rest);
            _rest = _rest[Bytes32.Size..];
        }
    }
}
