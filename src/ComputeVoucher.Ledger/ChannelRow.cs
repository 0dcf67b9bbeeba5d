using System;
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
