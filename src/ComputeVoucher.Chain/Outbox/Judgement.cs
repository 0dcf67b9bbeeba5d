using System;
using ComputeVoucher.Ledger;

namespace ComputeVoucher.Chain;

/// <summary>What is known today about the use of a row, by whoever knows what it is for.</summary>
/// <param name="IsUrgent">What it is for is lost if it waits.</param>
/// <param name="WorthWei">What it gains; null where nobody can say.</param>
/// <param name="Needless">Why it is of no use any more; null where it is.</param>
public sealed record Judgement(bool IsUrgent, UInt128? WorthWei, string? Needless)
{
    /// <summary>Of the worth, an ordinary fee may be one in so many.</summary>
    public const uint OrdinaryShare = 4;
}

/// <summary>Why a transaction was signed at that price.</summary>
/// <param name="Entry">The row.</param>
/// <param name="Attempt">From 1.</param>
/// <param name="BaseFee">Wei per gas of the newest block.</param>
/// <param name="DataFee">Wei that a rollup takes for its bytes; 0 elsewhere.</param>
/// <param name="WorthWei">What it gains; null where nobody can say.</param>
/// <param name="Cap">What bounds it.</param>
public sealed record FeeDecision(
    OutboxEntry Entry,
    int Attempt,
    UInt128 BaseFee,
    UInt128 DataFee,
    UInt128? WorthWei,
    FeeCap Cap)
{
    private OutboxAttempt Signed => Entry.Attempts[^1];

    /// <summary>One line with all figures.</summary>
    public override string ToString() =>
        $"{Entry.Request.Kind} (outbox {Entry.Id}, nonce {Signed.Nonce}) attempt {Attempt}: "
        + $"{Signed.GasLimit} gas at {Signed.MaxFee} wei, tip {Signed.PriorityFee}, base fee "
        + $"{BaseFee}, data fee {DataFee}; at most {Signed.MaxFee * Signed.GasLimit + DataFee} "
        + $"wei, cap {Cap.Wei?.ToString() ?? "none"} ({Cap.Name}), worth "
        + $"{WorthWei?.ToString() ?? "unknown"}{(Cap.IsUrgent ? ", urgent" : "")}";
}
