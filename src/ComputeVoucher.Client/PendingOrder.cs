using System;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Client;

/// <summary>A signed order with its input, as it is kept and sent.</summary>
public sealed record PendingOrder(
    Order Order, Signature Signature, ReadOnlyMemory<byte> Signed, ReadOnlyMemory<byte> Input)
{
    /// <summary>The statement alone.</summary>
    public ReadOnlyMemory<byte> Statement => Signed[..Order.PayloadBytes];

    /// <summary>Its 64 bytes of signature.</summary>
    public ReadOnlyMemory<byte> SignatureBytes => Signed[Order.PayloadBytes..];

    public static PendingOrder Sign(
        in Order order, PrivateKey spendKey, in Bytes32 separator, ReadOnlyMemory<byte> input)
    {
        Signature signature = spendKey.Sign(order.Digest(separator));
        return new PendingOrder(
            order, signature, SignedPayload.Encode(order, signature), input);
    }

    /// <exception cref="FormatException">Not an order.</exception>
    public static PendingOrder Decode(ReadOnlyMemory<byte> body)
    {
        int signed = SignedPayload.Bytes<Order>();
        if (body.Length < signed || SignedPayload.Decode(
            body.Span[..signed], out Order order, out Signature signature) != RefusalReason.None)
        {
            throw new FormatException("a stored order is damaged");
        }

        return new PendingOrder(order, signature, body[..signed], body[signed..]);
    }
}
