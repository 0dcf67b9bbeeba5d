using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Trace.Internal;

/// <summary>
/// Climbs from a range of known nodes to the root, taking siblings as it needs them.
/// </summary>
internal ref struct PathReader
{
    private ReadOnlySpan<byte> _rest;

    public PathReader(ReadOnlySpan<byte> siblings) => _rest = siblings;

    /// <summary>
    /// The root above <paramref name="known"/>, which are the nodes of the range.
    /// </summary>
    public Bytes32 Root(scoped ReadOnlySpan<Bytes32> known, NodeRange range)
    {
        // Three siblings on either side, and zeros up to a whole group.
        Bytes32[] level = new Bytes32[TraceTree.RoundUp(known.Length + 2 * (TraceTree.Arity - 1))];
        known.CopyTo(level);
        for (; !range.IsRoot; range = range.Parents)
        {
            int width = range.GroupsEnd - range.GroupsStart;
            level.AsSpan(0, range.Known).CopyTo(level.AsSpan(range.LeftSiblings));
            Take(level.AsSpan(0, range.LeftSiblings));
            Take(level.AsSpan(range.LeftSiblings + range.Known, range.RightSiblings));
            _ = TraceTree.ReduceLevel(level, width, scalar: false);
        }

        return level[0];
    }

    private void Take(Span<Bytes32> siblings)
    {
        foreach (ref Bytes32 sibling in siblings)
        {
            sibling = new Bytes32(_rest[..Bytes32.Size]);
            _rest = _rest[Bytes32.Size..];
        }
    }
}
