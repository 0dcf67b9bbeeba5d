using System;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node;

/// <summary>Stage 2: every rule holds, the channel's own key signed, and a model serves it.
/// </summary>
internal sealed class CheckedOrder
{
    private CheckedOrder(DecodedOrder decoded, in OrderContext context, IModel model)
    {
        (Decoded, Model, IsReplay) = (decoded, model, context.IsReplay);
        (SpendKey, Locked) = (context.Channel.Terms.SpendKey, context.Channel.Locked);
    }

    public DecodedOrder Decoded { get; }

    /// <summary>Who signed; may cancel.</summary>
    public Address SpendKey { get; }

    public IModel Model { get; }

    /// <summary>Units of its channel: the weight of its turn.</summary>
    public UInt128 Locked { get; }

    /// <summary>The same order is stored already, when it was looked at.</summary>
    public bool IsReplay { get; }

    /// <summary>May this order be served? Cheapest first; the input is hashed after the
    /// signature, so that only a channel's own key can make the node hash.</summary>
    public static Stage<CheckedOrder> Check(Serving serving, DecodedOrder decoded)
    {
        Order order = decoded.Order;
        ChannelView channel = serving.Ledger.View(
            order.Channel, order.Seq, decoded.Hash, out bool askDisk);
        if (askDisk)
        {
            // Nothing is read from the disk for a stranger.
            RefusalReason forged = CheckSigner(serving, decoded, channel.Terms.SpendKey);
            if (forged != RefusalReason.None)
            {
                return forged;
            }

            channel = serving.Ledger.View(order.Channel, order.Seq, decoded.Hash);
        }

        OrderContext context = new()
        {
            Order = order,
            OrderHash = decoded.Hash,
            Signature = decoded.Signature,
            InputBytes = decoded.Stream.Input.Length,
            Channel = channel,
            Policy = serving.Policy,
            DomainSeparator = serving.Separator,
            Now = serving.Now,
        };
        RefusalReason refusal = context.IsReplay ? RefusalReason.None : serving.NotAccepting();
        refusal = refusal == RefusalReason.None ? OrderRules.Check(context) : refusal;
        if (refusal == RefusalReason.SequenceUsed && channel.SequenceUse == SequenceUse.Other)
        {
            KeepConflict(serving, decoded, channel.Terms.SpendKey);
        }

        if (refusal != RefusalReason.None)
        {
            return refusal;
        }

        IModel model = serving.Models[order.ModelRoot];
        refusal = CheckInput(model, order, decoded.Stream.Input.Span);
        return refusal == RefusalReason.None
            ? new CheckedOrder(decoded, context, model)
            : refusal;
    }

    private static RefusalReason CheckInput(
        IModel model, in Order order, ReadOnlySpan<byte> bytes)
    {
        try
        {
            InputInfo input = model.CheckInput(bytes, CostTable.ProofsOf((byte)order.Flags));
            if (input.InputRoot != order.InputRoot)
            {
                return RefusalReason.InputRootWrong;
            }

            return input.UnitsMax <= order.MaxUnits
                ? RefusalReason.None
                : RefusalReason.MaxUnitsTooLow;
        }
        catch (ModelException)
        {
            return RefusalReason.InputRefused;
        }
    }

    private static RefusalReason CheckSigner(
        Serving serving, DecodedOrder decoded, in Address spendKey) => SignedPayload.CheckSigner(
            decoded.Hash, decoded.Signature, serving.Separator, spendKey);

    /// <summary>Two orders of one sequence, both signed, are evidence.</summary>
    private static void KeepConflict(
        Serving serving, DecodedOrder decoded, in Address spendKey)
    {
        if (CheckSigner(serving, decoded, spendKey) == RefusalReason.None)
        {
            _ = serving.Ledger.RecordConflict(decoded.Order, decoded.Signature);
            serving.Log.ConflictKept(decoded.Order.Channel, decoded.Order.Seq);
        }
    }
}
