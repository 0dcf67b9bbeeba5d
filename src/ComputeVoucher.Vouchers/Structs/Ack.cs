using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// Cumulative units for all sequences below <see cref="NextSeq"/>; the highest wins and replay is
/// a no-op. Signed by the spend key.
/// </summary>
/// <param name="Channel">The channel that pays.</param>
/// <param name="CumUnits">Units owed in all, since the channel opened.</param>
/// <param name="NextSeq">First sequence that is not yet paid for.</param>
public readonly record struct Ack(Bytes32 Channel, UInt128 CumUnits, ulong NextSeq)
    : ISignedStruct<Ack>
{
    /// <inheritdoc/>
    public static string TypeName => "Ack";

    /// <inheritdoc/>
    public static Ack Fields(ref FieldCursor fields, in Ack of) => new(
        fields.Bytes32("channel", of.Channel),
        fields.Units("cumUnits", of.CumUnits),
        fields.Uint("nextSeq", of.NextSeq));
}
