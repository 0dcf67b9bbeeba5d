using System;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// A spend key owes at most a budget that starts low and grows with what it acked; one that let
/// orders lie unpaid has none.
/// </summary>
internal sealed class BudgetRule : IOrderRule
{
    public string Name => "budget";

    public bool AppliesToReplay => false;

    public RefusalReason Check(in OrderContext context)
    {
        ChannelView channel = context.Channel;
        UInt128 unacked = channel.KeyUnackedUnits + context.Order.MaxUnits;
        return !channel.KeyDenied && unacked <= context.Policy.BudgetOf(channel.KeyAckedUnits)
            ? RefusalReason.None
            : RefusalReason.BudgetShort;
    }
}
