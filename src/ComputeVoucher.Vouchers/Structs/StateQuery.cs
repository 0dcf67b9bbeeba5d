using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// What does the node remember of the channel? Signed by the spend key.
/// </summary>
/// <param name="Channel">The channel that is asked about.</param>
/// <param name="Nonce">The connection on which it is asked.</param>
public readonly record struct StateQuery(Bytes32 Channel, Bytes32 Nonce)
    : ISignedQuery<StateQuery>
{
    /// <inheritdoc/>
    public static string TypeName => "StateQuery";

    /// <inheritdoc/>
    public static StateQuery Fields(ref FieldCursor fields, in StateQuery of) => new(
        fields.Bytes32("channel", of.Channel),
        fields.Bytes32("nonce", of.Nonce));
}
