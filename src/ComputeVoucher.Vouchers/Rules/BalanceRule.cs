using System;

namespace ComputeVoucher.Vouchers;

/// <summary>The channel covers everything committed, everything unacked, and this order.</summary>
internal sealed class BalanceRule : IOrderRule
{
    public string Name => "balance";

    public bool AppliesToReplay => false;

    public RefusalReason Check(in OrderContext context)
    {
        ChannelView channel = context.Channel;
        UInt128 needed = channel.CommittedUnits + channel.UnackedUnits + context.Order.MaxUnits;
        return needed <= channel.Locked ? RefusalReason.None : RefusalReason.BalanceShort;
    }
}
