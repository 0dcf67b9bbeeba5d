using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>What the court knows of an order: Verdict.sol.</summary>
/// <remarks>Amounts are token base units.</remarks>
/// <param name="IsConvicted">By proof or silence: nothing can be judged any more.</param>
/// <param name="IsLate">A demand was not answered; what was signed can still be proven wrong.
/// </param>
/// <param name="IsFinalised">Its money was paid early, by evidence: once.</param>
/// <param name="Disputes">Open on it.</param>
/// <param name="Refundable">What may be refunded for it in all.</param>
/// <param name="More">What claims added for it to other batches than
/// <paramref name="BatchId"/>.</param>
/// <param name="Value">What one claim added for it to row 0 of <paramref name="BatchId"/>, the
/// largest such part.</param>
/// <param name="BatchId">That this claim made; 0 is none.</param>
/// <param name="ClaimedAt">Unix seconds of the first claim, or eight days before the answer to a
/// demand; 0 where there was neither.</param>
/// <param name="Charged">Units that a claim listed it with, the most.</param>
/// <param name="Refunded">What was refunded.</param>
/// <param name="Moved">What was split off for it: put off, or paid early.</param>
public readonly record struct CaseState(
    bool IsConvicted,
    bool IsLate,
    bool IsFinalised,
    uint Disputes,
    UInt128 Refundable,
    UInt128 More,
    UInt128 Value,
    ulong BatchId,
    ulong ClaimedAt,
    ulong Charged,
    UInt128 Refunded,
    UInt128 Moved);

/// <summary>A demand for a result that was accepted and did not come: Verdict.sol.</summary>
/// <param name="RespondBy">Unix seconds; 0 where it was never asked.</param>
/// <param name="WantsInput">The asker has to show the input before the clock runs again.</param>
/// <param name="Deposit">Wei prepaid for the answer.</param>
/// <param name="MaxUnits">Of the order.</param>
/// <param name="OrderHash">The order: another one of the same sequence answers nothing.</param>
public readonly record struct Demand(
    Address Asker,
    ulong RespondBy,
    bool IsEnded,
    bool WantsInput,
    bool IsInputShown,
    UInt128 Deposit,
    UInt128 MaxUnits,
    Bytes32 OrderHash)
{
    /// <summary>Asked and not ended.</summary>
    public bool IsOpen => RespondBy != 0 && !IsEnded;
}

/// <summary>A channel's part of a reporter's share: Verdict.sol.</summary>
/// <param name="To">Who is paid.</param>
/// <param name="Weight">Token base units that the channel has paid the node.</param>
/// <param name="Cap">Token base units at most, besides 1,000 times the weight; 2^128 − 1 where
/// only that bounds it.</param>
/// <param name="WeighedAt">Unix seconds at which a weight of its pot was raised last: it is paid
/// five days later at the earliest.</param>
/// <param name="Before">Generation of the channel's share before this one, or the first.</param>
public readonly record struct RewardShare(
    Address To, UInt128 Weight, UInt128 Cap, ulong WeighedAt, uint Before);
