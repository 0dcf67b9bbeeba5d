using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// The node claims nothing above <see cref="CumUnits"/>, so that the holder may close at once.
/// Signed by the node key.
/// </summary>
/// <param name="Channel">The channel that closes.</param>
/// <param name="CumUnits">The most that the node will ever claim.</param>
public readonly record struct Release(Bytes32 Channel, UInt128 CumUnits)
    : ISignedStruct<Release>
{
    /// <inheritdoc/>
    public static string TypeName => "Release";

    /// <inheritdoc/>
    public static Release Fields(ref FieldCursor fields, in Release of) => new(
        fields.Bytes32("channel", of.Channel),
        fields.Units("cumUnits", of.CumUnits));
}
