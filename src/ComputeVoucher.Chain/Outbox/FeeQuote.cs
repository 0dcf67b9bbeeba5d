using System;

namespace ComputeVoucher.Chain;

/// <summary>The two fees of EIP-1559, wei per gas.</summary>
/// <param name="MaxFee">The most that is paid, base fee included.</param>
/// <param name="PriorityFee">The most that the block's author gets of it.</param>
public readonly record struct FeeQuote(UInt128 MaxFee, UInt128 PriorityFee)
{
    // A pool takes a replacement when both fees rise by 10 % (geth PriceBump) or 12.5 %
    // (Nethermind, Besu asks 10 %); an eighth satisfies all.
    private const uint BumpDivisor = 8;

    // Above any real fee by ten orders of magnitude; keeps every product below 2^128.
    private static readonly UInt128 s_feeMax = UInt128.One << 63;

    /// <summary>Twice the base fee outlasts six full blocks (EIP-1559: at most an eighth more
    /// per block).</summary>
    public static FeeQuote Market(UInt128 baseFee, UInt128 priorityFee)
    {
        UInt128 priority = UInt128.Min(priorityFee, s_feeMax / 4);
        UInt128 twice = UInt128.Min(baseFee, s_feeMax / 4) * 2;
        return new FeeQuote(twice + priority, priority);
    }

    /// <summary>At least an eighth above the previous attempt in both fees, and at least the
    /// market.</summary>
    public static FeeQuote Replacement(FeeQuote previous, FeeQuote market)
    {
        UInt128 maxFee = UInt128.Max(Bumped(previous.MaxFee), market.MaxFee);
        UInt128 priority = UInt128.Max(Bumped(previous.PriorityFee), market.PriorityFee);
        return new FeeQuote(UInt128.Max(maxFee, priority), priority);
    }

    /// <summary>Lowers the quote so that <paramref name="gas"/> costs at most
    /// <paramref name="capWei"/>; null is no cap. False where even that is below
    /// <paramref name="floor"/> in either fee.</summary>
    public static bool TryCap(
        FeeQuote wanted, FeeQuote floor, ulong gas, UInt128? capWei, out FeeQuote capped)
    {
        capped = wanted;
        if (capWei is not { } cap || gas == 0 || wanted.MaxFee <= cap / gas)
        {
            return true;
        }

        UInt128 maxFee = cap / gas;
        capped = new FeeQuote(maxFee, UInt128.Min(wanted.PriorityFee, maxFee));
        return capped.MaxFee >= floor.MaxFee && capped.PriorityFee >= floor.PriorityFee;
    }

    /// <summary>The smallest replacement that pools take.</summary>
    public FeeQuote Floor() => new(Bumped(MaxFee), Bumped(PriorityFee));

    /// <summary>Whether today's price is an eighth or more away from this one, either way: less
    /// is not worth another signature.</summary>
    public bool IsFarFrom(FeeQuote market) =>
        Bumped(market.MaxFee) <= MaxFee || Bumped(MaxFee) <= market.MaxFee
        || Bumped(PriorityFee) <= market.PriorityFee;

    private static UInt128 Bumped(UInt128 fee)
    {
        UInt128 step = (fee + (BumpDivisor - 1)) / BumpDivisor;
        return UInt128.Min(fee + UInt128.Max(step, UInt128.One), s_feeMax);
    }
}
