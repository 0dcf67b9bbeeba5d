using System;

namespace ComputeVoucher.Trace.Internal;

/// <summary>
/// Known nodes <see cref="First"/> … <see cref="Last"/> of a level of <see cref="Count"/>, and
/// which siblings their groups of four still need: the one place that says what a path contains.
/// </summary>
internal readonly record struct NodeRange(int First, int Last, int Count)
{
    /// <summary>Whether the level is a root.</summary>
    public bool IsRoot => Count == 1;

    /// <summary>First node of the first group.</summary>
    public int GroupsStart => First / TraceTree.Arity * TraceTree.Arity;

    /// <summary>Behind the last existing node of the last group.</summary>
    public int GroupsEnd =>
        (int)Math.Min(Count, ((long)Last / TraceTree.Arity + 1) * TraceTree.Arity);

    /// <summary>Siblings left of the known nodes.</summary>
    public int LeftSiblings => First - GroupsStart;

    /// <summary>Known nodes.</summary>
    public int Known => Last - First + 1;

    /// <summary>Siblings right of the known nodes.</summary>
    public int RightSiblings => GroupsEnd - 1 - Last;

    /// <summary>The parents of the groups, one level up.</summary>
    public NodeRange Parents => new(
        First / TraceTree.Arity, Last / TraceTree.Arity,
        TraceTree.RoundUp(Count) / TraceTree.Arity);

    /// <summary>Siblings on all levels from here to the root.</summary>
    public int PathSiblings
    {
        get
        {
            int siblings = 0;
            for (NodeRange level = this; !level.IsRoot; level = level.Parents)
            {
                siblings += level.LeftSiblings + level.RightSiblings;
            }

            return siblings;
        }
    }
}
