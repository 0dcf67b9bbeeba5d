using System.Collections.Generic;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Disputes;

/// <summary>What a node signed about the result of an order; types/Statement.sol.</summary>
/// <param name="IsReceipt">A Receipt; otherwise a TraceRoot, without output and units.</param>
/// <param name="Steps">Tokens produced; 1 for a graph; 0 for nothing.</param>
/// <param name="OutputRoot">Zero of a TraceRoot.</param>
/// <param name="TraceRoot">Zero where a receipt says nothing of it.</param>
/// <param name="Units">Zero of a TraceRoot.</param>
public sealed record StatedRun(
    bool IsReceipt, uint Steps, Bytes32 OutputRoot, Bytes32 TraceRoot, ulong Units);

/// <summary>The order that statements are about, as far as its result follows from it.</summary>
/// <param name="Input">As it was ordered.</param>
/// <param name="Flags">Of the order.</param>
/// <param name="IsCancelled">The spend key signed a Cancel.</param>
public sealed record OrderedRun(byte[] Input, byte Flags, bool IsCancelled);

/// <summary>How a wrong statement is brought before the court.</summary>
public enum ComplaintKind
{
    // In one transaction, each a function of Contradictions.sol.
    Equivocation,
    Units,
    Steps,
    Nothing,
    Output,

    // By a dispute: purposes 0, 1 and 2 of Challenges.sol.
    DescendTrace,
    DescendOutput,
    Cancel,
}

/// <summary>A wrong statement, and what its complaint opens.</summary>
/// <param name="Kind">Says which of the others mean something.</param>
/// <param name="About">The statement.</param>
public sealed record Complaint(ComplaintKind Kind, StatedRun About)
{
    /// <summary>Of an equivocation: the other statement; of Output: the one with the trace root.
    /// </summary>
    public StatedRun? Other { get; init; }

    /// <summary>Leaves of a language model's record, the first one first; empty for a graph.
    /// </summary>
    public IReadOnlyList<LeafOpening> Record { get; init; } = [];

    /// <summary>The leaf of a token of the output.</summary>
    public LeafOpening Leaf { get; init; } = LeafOpening.None;

    /// <summary>Of that token in the output.</summary>
    public uint Place { get; init; }

    /// <summary>Its number among the record's end tokens.</summary>
    public uint End { get; init; }

    /// <summary>Of Output: the output tensors of the trace.</summary>
    public IReadOnlyList<ListMember> Members { get; init; } = [];

    /// <summary>Whether a dispute has to be opened.</summary>
    public bool IsDispute => Kind >= ComplaintKind.DescendTrace;
}
