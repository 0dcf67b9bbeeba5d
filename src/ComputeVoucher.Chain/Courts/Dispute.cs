using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>A dispute as the contract has it: Dispute.sol.</summary>
/// <param name="Matter">keccak256 of its <see cref="Chain.Matter"/>; zero when it is over.</param>
/// <param name="Commit">What the provider has to open, or has opened, next.</param>
/// <param name="Resume">To go back to after the input was shown, or the queue was left.</param>
/// <param name="Wraps">Which headers lie between <paramref name="Commit"/> and the tree.</param>
/// <param name="Level">Height of the node above the items of its tree.</param>
/// <param name="Answers">Given so far.</param>
/// <param name="Generation">Of the disputes against the node's bond.</param>
/// <param name="TurnedAt">Unix seconds at which the turn began.</param>
/// <param name="SpentProvider">Seconds that the provider has used.</param>
/// <param name="SpentOpener">Seconds that the opener has used.</param>
/// <param name="Index">Place of the tensor in its list.</param>
/// <param name="Position">Place of the node on its level.</param>
/// <param name="Size">Items of the list, or bytes of the tensor.</param>
/// <param name="Deposit">Wei that the opener has prepaid.</param>
/// <param name="Due">Wei of it that the answers have cost.</param>
/// <param name="Place">In its line, until its first answer; 0 is none.</param>
public readonly record struct Dispute(
    Bytes32 Matter,
    Bytes32 Commit,
    DisputeState State,
    DisputeState Resume,
    DisputeWraps Wraps,
    byte Level,
    byte Answers,
    uint Generation,
    ulong TurnedAt,
    uint SpentProvider,
    uint SpentOpener,
    uint Index,
    uint Position,
    ulong Size,
    UInt128 Deposit,
    UInt128 Due,
    ulong Place)
{
    /// <summary>No move is left, and there was one.</summary>
    public bool IsOver => State >= DisputeState.Convicted;
}

/// <summary>Whose move it is, and which. Numbers are the contracts'.</summary>
public enum DisputeState
{
    None = 0,

    /// <summary>Behind another opening of the channel: nobody's time runs.</summary>
    Queued = 1,

    // The provider's moves.
    WantRoot = 2,
    WantCancel = 3,
    WantNodes = 4,
    WantOperands = 5,

    // The opener's moves.
    WantInput = 6,
    WantPick = 7,
    WantProof = 8,
    WantRefutation = 9,

    // Ends.
    Convicted = 10,
    Lapsed = 11,
}

/// <summary>What lies around a dispute's commitment: Descents.sol.</summary>
[Flags]
public enum DisputeWraps : byte
{
    None = 0,

    /// <summary>The list's header lies between.</summary>
    List = 1,

    /// <summary>A tensor's header lies between.</summary>
    Tensor = 2,

    /// <summary>The commitment is new: the opener has not asked for it yet.</summary>
    Fresh = 4,

    /// <summary>The input was asked for: once.</summary>
    Shown = 8,

    /// <summary>Below a tensor's header, not in the list.</summary>
    Inside = 16,
}

/// <summary>Who has to move. Numbers are the contracts'.</summary>
public enum DisputeSide
{
    Nobody = 0,
    Provider = 1,
    Opener = 2,
}

/// <summary>Whose turn it is in a dispute.</summary>
/// <param name="EndsAt">Unix seconds, the last one inside; 0 where it is nobody's.</param>
/// <param name="IsOverdue">The time is over: anyone may end the dispute.</param>
public readonly record struct DisputeTurn(DisputeSide Side, ulong EndsAt, bool IsOverdue);
