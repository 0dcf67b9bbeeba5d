using System;

namespace ComputeVoucher.Vouchers;

/// <summary>The deadline is ahead, and no farther than the order horizon; nor so far that the
/// node's bond could leave before the last word about the order.</summary>
internal sealed class DeadlineRule : IOrderRule
{
    public string Name => "deadline";

    public bool AppliesToReplay => false;

    public RefusalReason Check(in OrderContext context)
    {
        ulong deadline = context.Order.Deadline;
        if (context.Order.IsOver(context.Now))
        {
            return RefusalReason.DeadlinePassed;
        }

        ulong ahead = Math.Min(
            context.Policy.OrderHorizonSeconds, CourtLimits.DeadlineAheadSecondsMax);
        return deadline - context.Now <= ahead
            ? RefusalReason.None
            : RefusalReason.DeadlineTooFar;
    }
}
