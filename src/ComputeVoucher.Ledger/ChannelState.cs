using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger;

/// <summary>All that the ledger knows of a channel, at one moment.</summary>
/// <param name="Id">The channel id.</param>
/// <param name="Row">The mirror's row.</param>
/// <param name="Ack">The newest ack; null before the first.</param>
/// <param name="AckSignature">Its signature: what a redemption sends.</param>
/// <param name="Release">A release that the node signed.</param>
/// <param name="Sums">Where the units are.</param>
public sealed record ChannelState(
    Bytes32 Id,
    ChannelRow Row,
    Ack? Ack,
    Signature AckSignature,
    Release? Release,
    ChannelSums Sums);
