using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// Payload of an AckStored frame, unsigned: what the node has on its disk after it took an ack.
/// </summary>
/// <remarks>
/// What a client asks besides orders, and what the node answers. Integers big endian; every one
/// but this is a signed struct with its signature, as <see cref="SignedPayload"/> writes them.
/// <code>
/// Ack             <see cref="Ack"/>, spend key            → <see cref="AckStored"/>
/// TraceRequest    <see cref="TraceQuery"/>, spend key     → <see cref="TraceRootStatement"/>
/// ReleaseRequest  <see cref="ReleaseQuery"/>, spend key   → <see cref="Release"/>
/// StateRequest    <see cref="StateQuery"/>, spend key     → <see cref="StateMessage"/>
/// OpeningRequest  <see cref="OpeningQuery"/>, spend key or watcher, then the
///                 <see cref="OpeningPlace"/>            → <see cref="TraceRootStatement"/>, nodes
/// ProofRequest, OfferRequest: refused
/// </code>
/// An order ends early by a signed <see cref="Cancel"/> of its hash, which has no answer of its
/// own. A refusal of any of them is an Error frame: a <see cref="RefusalReason"/> with its line.
/// </remarks>
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
