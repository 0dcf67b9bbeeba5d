using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// Payload of an AckStored frame, unsigned: what the node has on its disk after it took an ack.
/// </summary>
/// <param name="Channel">The channel of the ack.</param>
/// <param name="CumUnits">Units of the newest ack, which may be another than the one sent.</param>
public readonly record struct AckStored(Bytes32 Channel, UInt128 CumUnits)
    : IFieldList<AckStored>
{
    /// <inheritdoc/>
    public static AckStored Fields(ref FieldCursor fields, in AckStored of) => new(
        fields.Bytes32("channel", of.Channel),
        fields.Units("cumUnits", of.CumUnits));
}
