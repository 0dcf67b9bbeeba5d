using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// Which trace has the order? Signed by the spend key that signed the order.
/// </summary>
/// <param name="OrderHash">The order that was served.</param>
/// <param name="Nonce">The connection on which it is asked.</param>
public readonly record struct TraceQuery(Bytes32 OrderHash, Bytes32 Nonce)
    : ISignedQuery<TraceQuery>
{
    /// <inheritdoc/>
    public static string TypeName => "TraceQuery";

    /// <inheritdoc/>
    public static TraceQuery Fields(ref FieldCursor fields, in TraceQuery of) => new(
        fields.Bytes32("orderHash", of.OrderHash),
        fields.Bytes32("nonce", of.Nonce));
}
