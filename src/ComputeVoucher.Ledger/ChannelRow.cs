using System;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger;

/// <summary>A channel as the chain mirror last saw it.</summary>
public sealed record ChannelRow
{
    /// <summary>Longest opaque part, bytes: a few block numbers and hashes per channel.</summary>
    public const int MirrorBytesMax = 4096;

    public required ChannelTerms Terms { get; init; }

    public required ChannelStatus Status { get; init; }

    /// <summary>
    /// Units that count for new work. The mirror decides: openings and top-ups when final,
    /// withdrawals when seen.
    /// </summary>
    public required UInt128 Locked { get; init; }

    public UInt128 Redeemed { get; init; }

    /// <summary>Unix seconds; 0 while no thaw runs.</summary>
    public ulong ThawAt { get; init; }

    /// <summary>The mirror's own state, opaque to the ledger.</summary>
    public ReadOnlyMemory<byte> Mirror { get; init; }
}

/// <summary>All that the ledger knows of a channel, at one moment.</summary>
/// <param name="Id">The channel id.</param>
/// <param name="Row">The mirror's row.</param>
/// <param name="Ack">The newest ack; null before the first.</param>
/// <param name="AckSignature">Its signature: what a redemption sends.</param>
/// <param name="Release">A release that the node signed.</param>
/// <param name="Sums">Where the units are.</param>
/// <param name="UnusedSeq">Behind the last sequence that an order has used.</param>
public sealed record ChannelState(
    Bytes32 Id,
    ChannelRow Row,
    Ack? Ack,
    Signature AckSignature,
    Release? Release,
    ChannelSums Sums,
    ulong UnusedSeq);

/// <summary>
/// Where the units of one channel went: accepted = reserved + settled + released, always.
/// </summary>
/// <param name="Accepted">Sum of maxUnits of every order ever reserved.</param>
/// <param name="Reserved">Of those, maxUnits of orders without a result yet.</param>
/// <param name="Settled">Units of the receipts.</param>
/// <param name="Released">What receipts left over, and orders that were given up.</param>
/// <param name="Acked">Cumulative units of the newest ack.</param>
/// <param name="NextSeq">First sequence the newest ack does not cover.</param>
/// <param name="Unacked">Reserved and settled units from <paramref name="NextSeq"/> on.</param>
public readonly record struct ChannelSums(
    UInt128 Accepted,
    UInt128 Reserved,
    UInt128 Settled,
    UInt128 Released,
    UInt128 Acked,
    ulong NextSeq,
    UInt128 Unacked);
