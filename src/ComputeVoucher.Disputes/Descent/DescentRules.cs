using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes;

/// <summary>A node of the last answer, with its path to what was answered.</summary>
/// <param name="Child">Number among the nodes that the answer could have.</param>
/// <param name="Hash">Of the node.</param>
/// <param name="Siblings">Three a level from the lowest, from left to right.</param>
public sealed record DescentPick(int Child, Bytes32 Hash, IReadOnlyList<Bytes32> Siblings)
{
    /// <summary>The one pick of a commitment that was stated only now: the whole of it.</summary>
    public static DescentPick Whole(in Bytes32 commit) => new(0, commit, []);
}

/// <summary>
/// The moves of a descent as Disputes.sol takes them: an answer has exactly the nodes of a
/// canonical tree of the expected count and shape, bytes behind a tensor are zero. Whatever is no
/// such tree cannot be answered.
/// </summary>
public static class DescentRules
{
    /// <summary>Where an answer leads, or null where the contract refuses it.</summary>
    /// <param name="layout">Of the run that was stated.</param>
    /// <param name="at">What was asked for.</param>
    /// <param name="data">Nodes, 32 bytes each, or whole leaves.</param>
    public static DescentPosition? Answer(
        RunLayout layout, in DescentPosition at, ReadOnlySpan<byte> data)
    {
        DescentPosition inside = at.Entered(layout);
        if (Nodes(inside, data) is not { } nodes)
        {
            return null;
        }

        Bytes32 root = Fold(nodes, inside.IsAtLeaves ? inside.Level : inside.Depth)[^1][0];
        Bytes32 outer = root;
        bool hasHeader = at.Wraps.HasFlag(DescentWraps.Tensor);
        if (hasHeader)
        {
            (TensorType type, int[] dims) = layout.Tensor(at.Tree, at.Index);
            outer = TraceTree.TensorHash(type, dims, root);
        }

        if (at.Wraps.HasFlag(DescentWraps.List))
        {
            outer = TraceTree.ListHash(hasHeader ? 1 : (int)at.Size, outer);
        }

        return outer != at.Commit ? null : inside with
        {
            Commit = root,
            Wraps = inside.Wraps & ~(DescentWraps.List | DescentWraps.Tensor),
        };
    }

    /// <summary>Where a pick leads, or null where the contract refuses it.</summary>
    public static DescentPosition? Pick(in DescentPosition at, DescentPick pick)
    {
        if (at.Wraps.HasFlag(DescentWraps.Fresh))
        {
            return pick.Child == 0 && pick.Hash == at.Commit && pick.Siblings.Count == 0
                ? at with { Wraps = at.Wraps & ~DescentWraps.Fresh } : null;
        }

        int levels = at.Depth;
        bool isNode = pick.Child >= 0 && pick.Child < at.Below(levels).Count
            && pick.Siblings.Count == (TraceTree.Arity - 1) * levels
            && Climb(pick, levels) == at.Commit;
        if (!isNode)
        {
            return null;
        }

        DescentPosition below = at with
        {
            Commit = pick.Hash,
            Level = at.Level - levels,
            Place = (at.Place << (2 * levels)) + pick.Child,
        };
        return below.IsInside || below.Level > 0 ? below : below with
        {
            Index = below.Place,
            Wraps = below.Wraps | DescentWraps.Tensor,
        };
    }

    /// <summary>The nodes of an answer: as they stand in it, or the hashes of its leaves.</summary>
    /// <param name="inside">After <see cref="DescentPosition.Entered"/>.</param>
    /// <param name="data">The answer.</param>
    /// <returns>Null where their number, or what is behind the tensor, is wrong.</returns>
    internal static Bytes32[]? Nodes(in DescentPosition inside, ReadOnlySpan<byte> data)
    {
        if (!inside.IsAtLeaves)
        {
            int nodes = inside.Below(inside.Depth).Count;
            return data.Length == nodes * Bytes32.Size
                ? MemoryMarshal.Cast<byte, Bytes32>(data).ToArray() : null;
        }

        (int first, int count) = inside.Below(inside.Level);
        long rest = inside.Size - (long)first * TraceTree.LeafBytes;
        bool isCanonical = data.Length == count * TraceTree.LeafBytes
            && (rest >= data.Length || !data[(int)rest..].ContainsAnyExcept((byte)0));
        if (!isCanonical)
        {
            return null;
        }

        Bytes32[] leaves = new Bytes32[count];
        _ = TraceTree.HashLeaves(data, leaves, scalar: false);
        return leaves;
    }

    /// <summary>Nodes and what stands above them, level by level; what is missing is zero.
    /// </summary>
    internal static List<Bytes32[]> Fold(ReadOnlySpan<Bytes32> nodes, int levels)
    {
        Bytes32[] level = new Bytes32[TraceTree.RoundUp(nodes.Length)];
        nodes.CopyTo(level);
        int count = nodes.Length;
        List<Bytes32[]> all = [nodes.ToArray()];
        for (int i = 0; i < levels; i++)
        {
            count = TraceTree.ReduceLevel(level, count, scalar: false);
            all.Add(level[..count]);
        }

        return all;
    }

    /// <summary>The pick of one node of an answer.</summary>
    /// <param name="above">See <see cref="Fold"/>.</param>
    /// <param name="child">Number of the node.</param>
    internal static DescentPick PickOf(List<Bytes32[]> above, int child)
    {
        List<Bytes32> path = [];
        for (int level = 0, node = child; level < above.Count - 1; level++, node /= TraceTree.Arity)
        {
            int group = node / TraceTree.Arity * TraceTree.Arity;
            for (int i = group; i < group + TraceTree.Arity; i++)
            {
                if (i != node)
                {
                    path.Add(i < above[level].Length ? above[level][i] : Bytes32.Zero);
                }
            }
        }

        return new DescentPick(child, above[0][child], path);
    }

    private static Bytes32 Climb(DescentPick pick, int levels)
    {
        Span<Bytes32> children = new Bytes32[TraceTree.Arity];
        Bytes32 hash = pick.Hash;
        for (int level = 0, child = pick.Child; level < levels; level++, child /= TraceTree.Arity)
        {
            int next = (TraceTree.Arity - 1) * level;
            for (int i = 0; i < TraceTree.Arity; i++)
            {
                children[i] = i == child % TraceTree.Arity ? hash : pick.Siblings[next++];
            }

            _ = TraceTree.ReduceLevel(children, TraceTree.Arity, scalar: true);
            hash = children[0];
        }

        return hash;
    }
}
