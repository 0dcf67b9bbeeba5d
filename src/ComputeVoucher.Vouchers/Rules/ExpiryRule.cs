using System;

namespace ComputeVoucher.Vouchers;

/// <summary>No service after expiry, and time enough to redeem before the grace ends.</summary>
internal sealed class ExpiryRule : IOrderRule
{
    public string Name => "expiry";

    public bool AppliesToReplay => false;

    public RefusalReason Check(in OrderContext context)
    {
        ulong expiry = context.Policy.Classes[context.Channel.Terms.ClassId].Expiry;
        UInt128 redeemableUntil = (UInt128)expiry + VoucherLimits.ExpiryGraceSeconds;
        UInt128 redeemedBy = (UInt128)context.Order.Deadline + context.Policy.RedeemMarginSeconds;
        return context.Order.Deadline <= expiry && redeemedBy <= redeemableUntil
            ? RefusalReason.None
            : RefusalReason.ClassExpires;
    }
}
