using System;

namespace ComputeVoucher.Vouchers;

/// <summary>Work accepted now can be redeemed before the holder may withdraw (bank run).</summary>
internal sealed class ThawRule : IOrderRule
{
    public string Name => "thaw";

    public bool AppliesToReplay => false;

    public RefusalReason Check(in OrderContext context)
    {
        // A holder who is not thawing may start this very second, and withdraw after the class's
        // thaw.
        ulong thawAt = context.Channel.ThawAt;
        UInt128 withdrawAt = thawAt;
        if (thawAt == 0)
        {
            withdrawAt = (UInt128)context.Now
                + context.Policy.Classes[context.Channel.Terms.ClassId].Thaw;
        }

        return (UInt128)context.Order.Deadline + context.Policy.RedeemMarginSeconds <= withdrawAt
            ? RefusalReason.None
            : RefusalReason.DeadlineAfterThaw;
    }
}
