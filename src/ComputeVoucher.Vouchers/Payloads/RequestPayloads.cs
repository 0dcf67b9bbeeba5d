using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// What a client asks besides orders, and what the node answers. Integers big endian; "signed" is
/// the struct and its signature as <see cref="SignedPayload"/> writes them.
/// <code>
/// Ack             <see cref="Ack"/>, signed by the spend key  → <see cref="AckStored"/>
/// TraceRequest    <see cref="TraceRequest"/>          → <see cref="TraceRootStatement"/>, signed
/// ReleaseRequest  <see cref="ReleaseWish"/>, signed by the
///                 spend key                          → <see cref="Release"/>, signed
/// StateRequest    <see cref="StateProof"/>, signed by the
///                 spend key                          → <see cref="StateMessage"/>
/// </code>
/// An order ends early by a signed <see cref="Cancel"/> of its hash, which has no answer of its
/// own. A refusal of any of them is an Error frame: a <see cref="RefusalReason"/> with its line.
/// </summary>
public static class RequestPayloads
{
    /// <summary>A wish to close: a cancel whose order hash is the channel's id.</summary>
    public static Cancel ReleaseWish(in Bytes32 channel) => new(channel);

    /// <summary>
    /// An ack of zero units and sequence zero: it proves the spend key, and is worth nothing to
    /// whoever copies it.
    /// </summary>
    public static Ack StateProof(in Bytes32 channel) => new(channel, 0, 0);
}

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

/// <summary>
/// Payload of a TraceRequest frame, unsigned: whoever knows an order may ask for its trace root.
/// </summary>
/// <param name="OrderHash">The order that was served.</param>
public readonly record struct TraceRequest(Bytes32 OrderHash)
    : IFieldList<TraceRequest>
{
    /// <inheritdoc/>
    public static TraceRequest Fields(ref FieldCursor fields, in TraceRequest of) => new(
        fields.Bytes32("orderHash", of.OrderHash));
}
