using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// Will the node claim nothing above this ack? Signed by the spend key. It names the ack that the
/// channel closes on, so that it ends nothing that was ordered since.
/// </summary>
/// <param name="Channel">The channel that closes.</param>
/// <param name="CumUnits">Units of the newest ack; 0 where none was signed.</param>
/// <param name="NextSeq">Next sequence of the newest ack; 0 where none was signed.</param>
/// <param name="Nonce">The connection on which it is asked.</param>
public readonly record struct ReleaseQuery(
    Bytes32 Channel, UInt128 CumUnits, ulong NextSeq, Bytes32 Nonce)
    : ISignedQuery<ReleaseQuery>
{
    /// <inheritdoc/>
    public static string TypeName => "ReleaseQuery";

    /// <inheritdoc/>
    public static ReleaseQuery Fields(ref FieldCursor fields, in ReleaseQuery of) => new(
        fields.Bytes32("channel", of.Channel),
        fields.Units("cumUnits", of.CumUnits),
        fields.Uint("nextSeq", of.NextSeq),
        fields.Bytes32("nonce", of.Nonce));
}
