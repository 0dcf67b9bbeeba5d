using System;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Client;

/// <summary>What became of one order.</summary>
/// <param name="Index">Which input it was for; -1 for one left over from an earlier run.</param>
/// <param name="Order">As it was signed and sent.</param>
/// <param name="Receipt">The node's, checked; the default when refused.</param>
/// <param name="ReceiptSignature">Its signature.</param>
/// <param name="Output">The answer, checked against the receipt; null when refused.</param>
/// <param name="Latency">From the order's last byte to its receipt.</param>
/// <param name="Refusal">One line; null when served.</param>
public sealed record OrderOutcome(
    int Index,
    PendingOrder Order,
    Receipt Receipt,
    Primitives.Signature ReceiptSignature,
    byte[]? Output,
    TimeSpan Latency,
    string? Refusal);
