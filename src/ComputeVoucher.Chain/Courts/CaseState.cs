using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>What the court knows of an order: Verdict.sol.</summary>
/// <param name="IsDeferred">Its money was put off while a dispute was open: once.</param>
/// <param name="IsFinalised">Its money was paid early, by evidence: once.</param>
/// <param name="Disputes">Open on it.</param>
/// <param name="Refundable">Token base units that may be refunded for it in all.</param>
/// <param name="Value">Token base units that a claim added for it to row 0 of
/// <paramref name="BatchId"/>.</param>
/// <param name="BatchId">That the claim made; 0 is none.</param>
/// <param name="ClaimedAt">Unix seconds of the first claim; 0 where it was never claimed.</param>
/// <param name="Refunded">Token base units that were refunded.</param>
public readonly record struct CaseState(
    bool IsConvicted,
    bool IsDeferred,
    bool IsFinalised,
    uint Disputes,
    UInt128 Refundable,
    UInt128 Value,
    ulong BatchId,
    ulong ClaimedAt,
    UInt128 Refunded);

/// <summary>A demand for a result that was accepted and did not come: Verdict.sol.</summary>
/// <param name="RespondBy">Unix seconds; 0 where it was never asked.</param>
/// <param name="WantsInput">The asker has to show the input before the clock runs again.</param>
/// <param name="Deposit">Wei prepaid for the answer.</param>
/// <param name="MaxUnits">Of the order.</param>
public readonly record struct Demand(
    Address Asker,
    ulong RespondBy,
    bool IsEnded,
    bool WantsInput,
    bool IsInputShown,
    UInt128 Deposit,
    UInt128 MaxUnits)
{
    /// <summary>Asked and not ended.</summary>
    public bool IsOpen => RespondBy != 0 && !IsEnded;
}

/// <summary>A channel's part of a reporter's share: Verdict.sol.</summary>
/// <param name="To">Who is paid.</param>
/// <param name="Weight">Token base units that the channel has paid the node.</param>
/// <param name="Cap">Token base units at most; 0 is 1,000 times the weight.</param>
public readonly record struct RewardShare(Address To, UInt128 Weight, UInt128 Cap);

/// <summary>The reporter's share of the slashes of one bond, until it is divided: Verdict.sol.
/// </summary>
/// <param name="Amount">Token base units.</param>
/// <param name="Weight">Sum of the weights of the convicted channels.</param>
public readonly record struct RewardPot(UInt128 Amount, UInt128 Weight);
