using System;
using ComputeVoucher.Ledger;

namespace ComputeVoucher.Chain;

/// <summary>The bound that a transaction meets first.</summary>
/// <param name="Wei">For its gas; null where nothing bounds it.</param>
/// <param name="Name">What the operator may change, or what it gains.</param>
/// <param name="IsUrgent">By the rules of an urgent one.</param>
/// <param name="IsCeiling">The operator's ceiling of an urgent one: reaching it is an alert.
/// </param>
public readonly record struct FeeCap(UInt128? Wei, string Name, bool IsUrgent, bool IsCeiling)
{
    private const string Ceiling = "redeem:urgentWeiMax";

    /// <summary>The lowest of all bounds that hold.</summary>
    /// <param name="gas">Its gas limit.</param>
    /// <param name="dataFee">Wei that go beside the gas.</param>
    /// <param name="spentToday">Wei of the last 24 hours.</param>
    internal static FeeCap Of(
        FeeLimits limits,
        Judgement judged,
        OutboxRequest request,
        ulong gas,
        UInt128 dataFee,
        UInt128 spentToday)
    {
        bool isUrgent = judged.IsUrgent;
        FeeCap cap = new(null, "no cap", isUrgent, false);
        bool knowsGain = request.Purpose is not null;
        if (isUrgent)
        {
            cap = cap.Lower(limits.UrgentMax, Ceiling);
            cap = cap.Lower(judged.WorthWei, "what it saves");
            cap = knowsGain ? cap : cap.Lower(request.UrgentCostMaxWei, "its own cap");
        }
        else
        {
            UInt128? left = limits.DayMax is { } day ? Less(day, spentToday) : null;
            cap = cap.Lower(limits.TransactionMax, "redeem:transactionWeiMax");
            cap = cap.Lower(left, "redeem:dayWeiMax");
            cap = cap.Lower(judged.WorthWei / Judgement.OrdinaryShare, "a quarter of its worth");
            cap = knowsGain ? cap : cap.Lower(request.CostMaxWei, "its own cap");
        }

        cap = cap with { Wei = cap.Wei is { } wei ? Less(wei, dataFee) : null };
        return isUrgent || limits.GasPriceMax is not { } price
            ? cap
            : cap.Lower(UInt128.Min(price, ulong.MaxValue) * gas, "redeem:gasPriceWeiMax");
    }

    private static UInt128 Less(UInt128 from, UInt128 what) =>
        from > what ? from - what : UInt128.Zero;

    private FeeCap Lower(UInt128? other, string name) =>
        other is { } wei && (Wei is null || wei < Wei)
            ? new FeeCap(wei, name, IsUrgent, name == Ceiling)
            : this;
}
