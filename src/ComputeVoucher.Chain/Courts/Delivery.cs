using System;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain;

/// <summary>An order that was served, with all that its holder is owed: Claim.sol.</summary>
/// <param name="Signature">The spend key's, over the order.</param>
/// <param name="Receipt">The node's.</param>
/// <param name="Output">The bytes that the receipt's output root commits to, at most 64 KiB.
/// </param>
public readonly record struct Delivery(
    Order Order, Signature Signature, SignedStatement Receipt, ReadOnlyMemory<byte> Output);

/// <summary>Where the sums of a claim begin: at zero, at a checkpoint of the court, or at an ack.
/// </summary>
/// <param name="Signature">The spend key's, over the ack; void for zero and a checkpoint.</param>
public readonly record struct ClaimStart(UInt128 CumUnits, ulong NextSeq, Signature Signature)
{
    public static ClaimStart Of(in Ack ack, in Signature signature) =>
        new(ack.CumUnits, ack.NextSeq, signature);
}
