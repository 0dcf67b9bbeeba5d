using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>What a unit of a class costs and is worth, as Rates.sol has it: whole numbers over one
/// denominator, so that nothing is lost between them.</summary>
public static class UnitRates
{
    /// <summary>The denominator of all rates: 1e9 (price) · 1e4 (premium) · 1e4 (burn).</summary>
    public static UInt256 Scale { get; } = 100_000_000_000_000_000UL;

    /// <summary>Units that a class's price is for.</summary>
    public static UInt256 UnitsPerPrice { get; } = 1_000_000_000UL;

    private const ulong Bps = VoucherLimits.BasisPointsMax;

    /// <summary>What the buyer pays for a unit.</summary>
    public static UInt256 Total(in VoucherClass terms) =>
        (UInt256)terms.UnitPrice * (Bps + terms.PremiumBps) * Bps;

    /// <summary>What the provider is paid for a unit: Rates.provider.</summary>
    public static UInt256 Pay(in VoucherClass terms) => (UInt256)terms.UnitPrice
        * (Bps * Bps + terms.PremiumBps * (Bps - terms.BurnBps));

    /// <summary>Token base units that so many units cost without the premium, rounded down.
    /// </summary>
    public static UInt256 Price(in VoucherClass terms, UInt128 units) =>
        (UInt256)units * terms.UnitPrice / UnitsPerPrice;

    /// <summary>What a unit is worth after the end: the price without the premium.</summary>
    public static UInt256 Backing(in VoucherClass terms) =>
        (UInt256)terms.UnitPrice * (Bps * Bps);
}
