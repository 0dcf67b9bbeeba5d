using System;
using System.Collections.Generic;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Trace.Internal;

/// <summary>
/// A 4-ary tree kept whole, level by level, and the multiproofs in it: the siblings that several
/// known nodes need together, each level from left to right. For adjacent nodes they are the path
/// of an <see cref="Opening"/>.
/// </summary>
internal sealed class HashTree
{
    private readonly List<Bytes32[]> _levels = [];
    private readonly IReadOnlyDictionary<TreeNode, Bytes32>? _learned;

    /// <param name="hashes">The lowest level; not empty.</param>
    public HashTree(ReadOnlySpan<Bytes32> hashes)
    {
        Bytes32[] level = new Bytes32[TraceTree.RoundUp(hashes.Length)];
        hashes.CopyTo(level);
        int count = hashes.Length;
        _levels.Add(level[..count]);
        while (count > 1)
        {
            count = TraceTree.ReduceLevel(level, count, scalar: false);
            _levels.Add(level[..count]);
        }
    }

    private HashTree(HashTree tree, IReadOnlyDictionary<TreeNode, Bytes32> learned) =>
        (_levels, _learned) = (tree._levels, learned);

    /// <summary>Hash of the highest node.</summary>
    public Bytes32 Root => _levels[^1][0];

    /// <summary>Levels above the lowest: 0 for a single item.</summary>
    public int Height => _levels.Count - 1;

    /// <summary>A node's hash; beyond the last of its level 32 zero bytes.</summary>
    public Bytes32 this[int level, int index] =>
        _learned is not null && _learned.TryGetValue(new(level, index), out Bytes32 learned)
            ? learned
            : index < _levels[level].Length ? _levels[level][index] : Bytes32.Zero;

    /// <summary>Another tree of as many items as far as it is known: what was learned of it, and
    /// this one's hashes everywhere else.</summary>
    public HashTree With(IReadOnlyDictionary<TreeNode, Bytes32> learned) => new(this, learned);

    /// <summary>A node's path to the root: three siblings a level, from left to right.</summary>
    public List<Bytes32> Path(int level, int index)
    {
        List<Bytes32> path = [];
        for (; level < Height; level++, index /= TraceTree.Arity)
        {
            int group = index / TraceTree.Arity * TraceTree.Arity;
            for (int node = group; node < group + TraceTree.Arity; node++)
            {
                if (node != index)
                {
                    path.Add(this[level, node]);
                }
            }
        }

        return path;
    }

    /// <summary>The tree over a tensor's bytes; not empty.</summary>
    public static HashTree OfData(ReadOnlySpan<byte> data)
    {
        Bytes32[] leaves = new Bytes32[
            (int)(((long)data.Length + TraceTree.LeafBytes - 1) / TraceTree.LeafBytes)];
        _ = TraceTree.HashLeaves(data, leaves, scalar: false);
        return new HashTree(leaves);
    }

    /// <summary>The multiproof of these nodes, strictly rising.</summary>
    public List<Bytes32> Siblings(IEnumerable<int> nodes)
    {
        List<Bytes32> siblings = [];
        List<int> known = [.. nodes];
        for (int level = 0; level < Height; level++)
        {
            List<int> parents = [];
            for (int i = 0; i < known.Count;)
            {
                int group = known[i] / TraceTree.Arity;
                for (int node = group * TraceTree.Arity, k = 0; k < TraceTree.Arity; node++, k++)
                {
                    if (i < known.Count && known[i] == node)
                    {
                        i++;
                    }
                    else if (node < _levels[level].Length)
                    {
                        siblings.Add(this[level, node]);
                    }
                }

                parents.Add(group);
            }

            known = parents;
        }

        return siblings;
    }

    /// <summary>The root above known nodes, or null where the siblings end early.</summary>
    /// <param name="nodes">Strictly rising, below the count, at least one.</param>
    /// <param name="hashes">Theirs.</param>
    /// <param name="count">Nodes of the lowest level.</param>
    /// <param name="siblings">A stream of 32 bytes each.</param>
    /// <param name="used">Bytes taken from it.</param>
    public static Bytes32? RootOf(
        ReadOnlySpan<int> nodes, ReadOnlySpan<Bytes32> hashes, int count,
        ReadOnlySpan<byte> siblings, out int used)
    {
        used = 0;
        int[] known = nodes.ToArray();
        Bytes32[] values = hashes.ToArray();
        Bytes32[] children = new Bytes32[TraceTree.Arity];
        int length = known.Length;
        for (; count > 1; count = TraceTree.RoundUp(count) / TraceTree.Arity)
        {
            int parents = 0;
            for (int i = 0; i < length; parents++)
            {
                int group = known[i] / TraceTree.Arity;
                for (int k = 0; k < TraceTree.Arity; k++)
                {
                    int node = group * TraceTree.Arity + k;
                    bool isKnown = i < length && known[i] == node;
                    if (!isKnown && node < count && siblings.Length - used < Bytes32.Size)
                    {
                        return null;
                    }

                    children[k] = isKnown ? values[i++]
                        : node < count ? new Bytes32(siblings.Slice(used, Bytes32.Size))
                        : Bytes32.Zero;
                    used += isKnown || node >= count ? 0 : Bytes32.Size;
                }

                _ = TraceTree.ReduceLevel(children, TraceTree.Arity, scalar: true);
                known[parents] = group;
                values[parents] = children[0];
            }

            length = parents;
        }

        return values[0];
    }
}

/// <summary>A node of a tree: its height above the items, and its place on that level.</summary>
internal readonly record struct TreeNode(int Level, int Index);
