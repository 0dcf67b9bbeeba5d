namespace ComputeVoucher.Vouchers;

/// <summary>The deadline is ahead, and no farther than the order horizon.</summary>
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

        return deadline - context.Now <= context.Policy.OrderHorizonSeconds
            ? RefusalReason.None
            : RefusalReason.DeadlineTooFar;
    }
}
