using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>What is known of the work that a receipt is for; null is not known.</summary>
public readonly record struct KnownWork
{
    /// <summary>Root of the input that was sent or run.</summary>
    public Bytes32? InputRoot { get; init; }

    /// <summary>Root of the output that arrived or was computed again.</summary>
    public Bytes32? OutputRoot { get; init; }

    /// <summary>Root of the trace of an own run; zero where the order does not want it.</summary>
    public Bytes32? TraceRoot { get; init; }

    /// <summary>Steps that the output shows; 1 for graphs.</summary>
    public uint? Steps { get; init; }

    /// <summary>Units computed from the architecture for these steps and the order's flags.
    /// </summary>
    public UInt128? Units { get; init; }

    /// <summary>The answer came to the model's own end.</summary>
    public bool? IsWhole { get; init; }

    /// <summary>The holder signed a Cancel, which alone allows an answer that is not whole.
    /// </summary>
    public bool? IsCancelled { get; init; }
}

/// <summary>
/// What a holder looks at before it acks or believes a receipt: every field that it can compute
/// itself, from the order alone up to an own run of the same work.
/// </summary>
public static class ReceiptCheck
{
    /// <summary>
    /// An order and its receipt as they are kept and as a State frame brings them: both decoded,
    /// of this channel, of its two keys, and in agreement.
    /// </summary>
    /// <returns>The first disagreement, or <see cref="RefusalReason.None"/>.</returns>
    /// <param name="orderSigned">The order with the spend key's signature.</param>
    /// <param name="receiptSigned">The receipt with the node's signature.</param>
    /// <param name="channel">The terms that name the keys.</param>
    /// <param name="domainSeparator"><see cref="VoucherDomain.VouchersSeparator"/>.</param>
    /// <param name="order">The order that was read.</param>
    /// <param name="receipt">The receipt that was read.</param>
    /// <param name="signature">The receipt's signature.</param>
    public static RefusalReason Decode(
        ReadOnlySpan<byte> orderSigned,
        ReadOnlySpan<byte> receiptSigned,
        in ChannelTerms channel,
        in Bytes32 domainSeparator,
        out Order order,
        out Receipt receipt,
        out Signature signature)
    {
        receipt = default;
        signature = default;
        RefusalReason refusal = SignedPayload.Decode(
            orderSigned, out order, out Signature orderSignature);
        if (refusal == RefusalReason.None)
        {
            refusal = SignedPayload.Decode(receiptSigned, out receipt, out signature);
        }

        // One spend key may hold several channels: an order is paid by its own alone.
        if (refusal == RefusalReason.None && order.Channel != channel.HashStruct())
        {
            refusal = RefusalReason.ChannelUnknown;
        }

        if (refusal == RefusalReason.None)
        {
            refusal = SignedPayload.CheckSigner(
                order.HashStruct(), orderSignature, domainSeparator, channel.SpendKey);
        }

        return refusal != RefusalReason.None
            ? refusal
            : Check(order, receipt, signature, default, channel.Node, domainSeparator);
    }

    /// <summary>As <see cref="CheckFields"/>, and the signature last.</summary>
    /// <param name="order">The order that was sent.</param>
    /// <param name="receipt">The receipt that came back.</param>
    /// <param name="signature">Its signature.</param>
    /// <param name="known">What the holder found out about the work.</param>
    /// <param name="node">The channel's node key.</param>
    /// <param name="domainSeparator"><see cref="VoucherDomain.VouchersSeparator"/>.</param>
    public static RefusalReason Check(
        in Order order,
        in Receipt receipt,
        in Signature signature,
        in KnownWork known,
        in Address node,
        in Bytes32 domainSeparator)
    {
        RefusalReason refusal = CheckFields(order, receipt, known);
        return refusal != RefusalReason.None
            ? refusal
            : SignedPayload.CheckSigner(receipt.HashStruct(), signature, domainSeparator, node);
    }

    /// <summary>The output root of a result of zero steps, of every model: that of a list of no
    /// tensors, keccak(03 ‖ 0 u32 ‖ 32 zero bytes).</summary>
    public static Bytes32 NothingRoot { get; } =
        Keccak256.Hash([3, .. new byte[sizeof(uint) + Bytes32.Size]]);

    /// <summary>The first disagreement, or <see cref="RefusalReason.None"/>. A receipt of zero
    /// steps has one form: <see cref="NothingRoot"/>, zero trace root, 0 units.</summary>
    public static RefusalReason CheckFields(
        in Order order, in Receipt receipt, in KnownWork known)
    {
        // A run that was cancelled before its first step has no trace.
        bool traceWanted = (order.Flags & OrderFlags.TraceRootWanted) != 0 && receipt.Steps > 0;
        return receipt.OrderHash != order.HashStruct() ? RefusalReason.ReceiptOrderWrong
            : order.InputRoot != (known.InputRoot ?? order.InputRoot) ? RefusalReason.InputRootWrong
            : receipt.Steps != (known.Steps ?? receipt.Steps) ? RefusalReason.ReceiptStepsWrong
            : known.IsCancelled == false && (receipt.Steps == 0 || known.IsWhole == false)
                ? RefusalReason.ReceiptStepsWrong
            : receipt.OutputRoot != (known.OutputRoot ?? receipt.OutputRoot)
                || (receipt.Steps == 0 && receipt.OutputRoot != NothingRoot)
                ? RefusalReason.ReceiptOutputWrong
            : receipt.TraceRoot.IsZero == traceWanted
                || receipt.TraceRoot != (known.TraceRoot ?? receipt.TraceRoot)
                ? RefusalReason.ReceiptTraceWrong
            : receipt.Units != (known.Units ?? receipt.Units) || receipt.Units > order.MaxUnits
                || (receipt.Steps == 0 && receipt.Units != 0)
                ? RefusalReason.ReceiptUnitsWrong
            : RefusalReason.None;
    }

    /// <summary>
    /// Two receipts of one node contradict each other: same order and steps, another field. The
    /// signature bytes never count.
    /// </summary>
    public static bool IsEquivocation(in Receipt first, in Receipt second) =>
        first.OrderHash == second.OrderHash && first.Steps == second.Steps && first != second;
}
