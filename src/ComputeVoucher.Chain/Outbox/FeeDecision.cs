using System;
using ComputeVoucher.Ledger;

namespace ComputeVoucher.Chain;

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
