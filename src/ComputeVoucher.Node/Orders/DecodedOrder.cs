using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Node;

/// <summary>Stage 1: fixed-width bytes became an order. Nothing in it is believed yet.</summary>
internal sealed class DecodedOrder
{
    private DecodedOrder(IOrderStream stream, in Order order)
    {
        (Stream, Order, Hash) = (stream, order, order.HashStruct());
        Signature = new Signature(stream.Signature.Span);
    }

    public IOrderStream Stream { get; }

    public Order Order { get; }

    /// <summary>EIP-712 hashStruct of the order, computed once.</summary>
    public Bytes32 Hash { get; }

    public Signature Signature { get; }

    public static Stage<DecodedOrder> Decode(IOrderStream stream)
    {
        RefusalReason refusal = Order.Decode(stream.Order.Span, out Order order);
        return refusal == RefusalReason.None ? new DecodedOrder(stream, order) : refusal;
    }
}
