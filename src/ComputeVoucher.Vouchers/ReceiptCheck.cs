using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// What a client looks at before it acks: every field of a receipt that it can compute itself.
/// </summary>
public static class ReceiptCheck
{
    /// <summary>The first disagreement, or <see cref="RefusalReason.None"/>.</summary>
    /// <param name="order">The order that was sent.</param>
    /// <param name="receipt">The receipt that came back.</param>
    /// <param name="signature">Its signature.</param>
    /// <param name="outputRoot">Root computed from the output that arrived.</param>
    /// <param name="steps">Steps that the output shows; 1 for graphs.</param>
    /// <param name="units">Units computed from the architecture for these steps.</param>
    /// <param name="node">The channel's node key.</param>
    /// <param name="domainSeparator"><see cref="VoucherDomain.VouchersSeparator"/>.</param>
    public static RefusalReason Check(
        in Order order,
        in Receipt receipt,
        in Signature signature,
        in Bytes32 outputRoot,
        uint steps,
        UInt128 units,
        in Address node,
        in Bytes32 domainSeparator)
    {
        if (receipt.OrderHash != order.HashStruct())
        {
            return RefusalReason.ReceiptOrderWrong;
        }

        if (receipt.Steps != steps)
        {
            return RefusalReason.ReceiptStepsWrong;
        }

        if (receipt.OutputRoot != outputRoot)
        {
            return RefusalReason.ReceiptOutputWrong;
        }

        bool traceWanted = (order.Flags & OrderFlags.TraceRootWanted) != 0;
        if (receipt.TraceRoot.IsZero == traceWanted)
        {
            return RefusalReason.ReceiptTraceWrong;
        }

        if (receipt.Units != units || receipt.Units > order.MaxUnits)
        {
            return RefusalReason.ReceiptUnitsWrong;
        }

        return SignedPayload.CheckSigner(receipt.HashStruct(), signature, domainSeparator, node);
    }

    /// <summary>
    /// Two receipts of one node contradict each other: same order and steps, another field. The
    /// signature bytes never count.
    /// </summary>
    public static bool IsEquivocation(in Receipt first, in Receipt second) =>
        first.OrderHash == second.OrderHash && first.Steps == second.Steps && first != second;
}
