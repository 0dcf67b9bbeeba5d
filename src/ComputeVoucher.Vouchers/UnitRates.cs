using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>What a unit of a class costs and is worth, as Rates.sol has it: whole numbers over one
/// denominator, so that nothing is lost between them.</summary>
public static class UnitRates
{
    /// <summary>The denominator of all rates: 1e9 (price) · 1e4 (premium) · 1e4 (burn).</summary>
    public static UInt256 Scale { get; } = 100_000_000_000_000_000UL;

    private const ulong Bps = VoucherLimits.BasisPointsMax;

    /// <summary>What the buyer pays for a unit.</summary>
    public static UInt256 Total(in VoucherClass terms) =>
        (UInt256)terms.UnitPrice * (Bps + terms.PremiumBps) * Bps;

    /// <summary>What a unit is worth after the end: the price without the premium.</summary>
    public static UInt256 Backing(in VoucherClass terms) =>
        (UInt256)terms.UnitPrice * (Bps * Bps);
}
