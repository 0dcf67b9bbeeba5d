using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// What does the trace of the order hold there? Signed by the spend key or a watcher that it
/// appointed. Frozen with version 2; a node that answers it is still to come.
/// </summary>
/// <param name="OrderHash">The order that was served.</param>
/// <param name="Request">Digest of the bytes that say which part is wanted.</param>
/// <param name="Nonce">The connection on which it is asked.</param>
public readonly record struct OpeningQuery(Bytes32 OrderHash, Bytes32 Request, Bytes32 Nonce)
    : ISignedQuery<OpeningQuery>
{
    /// <inheritdoc/>
    public static string TypeName => "OpeningQuery";

    /// <inheritdoc/>
    public static OpeningQuery Fields(ref FieldCursor fields, in OpeningQuery of) => new(
        fields.Bytes32("orderHash", of.OrderHash),
        fields.Bytes32("request", of.Request),
        fields.Bytes32("nonce", of.Nonce));
}
