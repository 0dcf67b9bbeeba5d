using System;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes;

/// <summary>Flags of Descents.sol: which headers lie between commitment and tree.</summary>
[Flags]
public enum DescentWraps : byte
{
    None = 0,

    /// <summary>The list's header.</summary>
    List = 1,

    /// <summary>A tensor's header.</summary>
    Tensor = 2,

    /// <summary>The commitment is new: the opener has not asked for it yet.</summary>
    Fresh = 4,

    /// <summary>The input was asked for: once.</summary>
    Asked = 8,

    /// <summary>Below a tensor's header, not in the list.</summary>
    Inside = 16,

    /// <summary>Opened by a stranger, as everybody may on this channel.</summary>
    Stranger = 32,
}

/// <summary>
/// Where a dispute stands in the committed trees: the fields of types/Dispute.sol that say which
/// nodes come next. A pure value; <see cref="DescentRules"/> moves it as the contract does.
/// </summary>
/// <param name="Tree">Which root it began at.</param>
/// <param name="Commit">What the provider has to open, or has opened, next.</param>
/// <param name="Wraps">Headers between that and the nodes.</param>
/// <param name="Level">Height of the node above the items of its tree.</param>
/// <param name="Index">Place of the tensor in its list.</param>
/// <param name="Place">Place of the node on its level.</param>
/// <param name="Size">Items of the list, or bytes of the tensor.</param>
public readonly record struct DescentPosition(
    RunTree Tree, Bytes32 Commit, DescentWraps Wraps, int Level, int Index, int Place,
    long Size)
{
    /// <summary>Levels of an answer.</summary>
    public const int LevelsMax = 3;

    /// <summary>Height above the leaves from which whole leaves are sent: 16 of them.</summary>
    public const int LeafLevels = 2;

    /// <summary>A root that nobody has opened yet.</summary>
    public static DescentPosition Of(RunLayout layout, RunTree tree, in Bytes32 root)
    {
        int count = layout.Count(tree);
        return count == 1
            ? new(tree, root, DescentWraps.List | DescentWraps.Tensor, 0, 0, 0, 0)
            : new(tree, root, DescentWraps.List, HeightOver(count), 0, 0, count);
    }

    /// <summary>Below a tensor's header.</summary>
    public bool IsInside => Wraps.HasFlag(DescentWraps.Inside);

    /// <summary>The next answer is leaves, or the last one was.</summary>
    public bool IsAtLeaves => IsInside && Level <= LeafLevels;

    /// <summary>Levels that the next answer opens, and a pick after it descends.</summary>
    public int Depth => Math.Min(LevelsMax, IsInside ? Level - LeafLevels : Level);

    /// <summary>Items of the tree that it is in: tensors, or leaves.</summary>
    public int Items => (int)(IsInside
        ? (Size + TraceTree.LeafBytes - 1) / TraceTree.LeafBytes
        : Size);

    /// <summary>Whether its tree has such a node, for places that nobody descended to.</summary>
    public bool IsInTree => Level <= HeightOver(Items)
        && Place >= 0 && Place < Items && ((long)Place << (2 * Level)) < Items;

    /// <summary>Where the nodes of the next answer lie: inside the tensor whose header comes with
    /// them, where one does.</summary>
    public DescentPosition Entered(RunLayout layout)
    {
        if (!Wraps.HasFlag(DescentWraps.Tensor))
        {
            return this;
        }

        DescentPosition inside = this with
        {
            Size = layout.Bytes(Tree, Index),
            Place = 0,
            Wraps = Wraps | DescentWraps.Inside,
        };
        return inside with { Level = HeightOver(inside.Items) };
    }

    /// <summary>First node of <paramref name="levels"/> below, and how many there are.</summary>
    internal (int First, int Count) Below(int levels)
    {
        int shift = 2 * (Level - levels);
        int width = (int)((Items + (1L << shift) - 1) >> shift);
        int first = Place << (2 * levels);
        return (first, Math.Min(1 << (2 * levels), width - first));
    }

    /// <summary>Levels above so many items: 0 for one.</summary>
    private static int HeightOver(int items)
    {
        int levels = 0;
        for (; items > 1; items = TraceTree.RoundUp(items) / TraceTree.Arity)
        {
            levels++;
        }

        return levels;
    }
}
