using System;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger;

/// <summary>One line for the operator: what, where, the remedy.</summary>
public sealed class LedgerException : Exception
{
    public LedgerException(string message, Exception? inner = null)
        : base(message, inner) => Reason = RefusalReason.StorageFailed;

    public LedgerException(string message, RefusalReason reason)
        : base(message) => Reason = reason;

    /// <summary>The number for the error frame of whoever waits.</summary>
    public RefusalReason Reason { get; }
}
