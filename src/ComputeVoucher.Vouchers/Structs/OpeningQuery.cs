using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// What does the trace of the order hold there? Signed by the spend key or a watcher that it
/// appointed. Frozen with version 2.
/// </summary>
/// <param name="OrderHash">The order that was served.</param>
/// <param name="Request">keccak256 of the <see cref="OpeningPlace"/> that follows it.</param>
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
