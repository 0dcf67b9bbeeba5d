using System;

namespace ComputeVoucher.Chain;

/// <summary>How transactions are priced, repeated and believed.</summary>
public sealed record OutboxOptions
{
    public required ulong ChainId { get; init; }

    /// <summary>0 waits for the "finalized" tag; N ≥ 1 for N blocks on top, itself
    /// included, for chains without the tag.</summary>
    public uint Confirmations { get; init; }

    /// <summary>The same bytes again while no endpoint has said that it has them: back well
    /// within 10 s after a fault ends.</summary>
    public TimeSpan RetryEvery { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>The same bytes again while an endpoint that had them does not mine them: pools
    /// forget.</summary>
    public TimeSpan RebroadcastEvery { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A higher fee when an attempt was not mined for so long: three slots.</summary>
    public TimeSpan ReplaceAfter { get; init; } = TimeSpan.FromSeconds(36);

    /// <summary>Wei per gas for the block's author, at the first attempt.</summary>
    public UInt128 PriorityFee { get; init; } = 1_000_000_000;

    /// <summary>Open nonces at a time.</summary>
    public int InFlightMax { get; init; } = ChainLimits.InFlightMax;
}
