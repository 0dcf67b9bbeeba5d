using System;

namespace ComputeVoucher.Chain;

/// <summary>When a redemption is worth its gas.</summary>
public sealed record RedeemerOptions
{
    /// <summary>False redeems only what is about to be lost.</summary>
    public bool IsAutomatic { get; init; } = true;

    /// <summary>Wei that one token base unit is worth; 0 where the operator does not say, then
    /// only <see cref="AgeMax"/> and the operator's fee caps decide. For a dollar of 6 decimals at
    /// 3,000 dollars an ether: 333,333,333.</summary>
    public UInt128 WeiPerTokenUnit { get; init; }

    /// <summary>Redeem when the value reaches so many times the gas.</summary>
    public uint GasFactor { get; init; } = 20;

    /// <summary>Redeem what has been due for so long, whatever <see cref="GasFactor"/> says; the
    /// fee cap holds all the same.</summary>
    public TimeSpan AgeMax { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Urgent when a class's redemption ends sooner than this; also the margin before
    /// the end of a thaw in which the node stopped serving.</summary>
    public TimeSpan ExpiryMargin { get; init; } = TimeSpan.FromDays(2);

    /// <summary>Gas of one redemption before its rows; with <see cref="RowGas"/> only for the
    /// question whether it is worth it, the gas limit comes from a simulation.</summary>
    public ulong BatchGas { get; init; } = 80_000;

    /// <summary>Gas of one row.</summary>
    public ulong RowGas { get; init; } = 13_000;

    /// <summary>A batch that could not be made, or reverted, is tried again after this.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>An urgent batch that could not be signed is made anew after this: a slot of
    /// mainnet.</summary>
    public TimeSpan UrgentRetryAfter { get; init; } = TimeSpan.FromSeconds(12);
}
