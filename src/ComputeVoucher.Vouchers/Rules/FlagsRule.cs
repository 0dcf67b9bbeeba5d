namespace ComputeVoucher.Vouchers;

/// <summary>Only what version 1 knows: unknown bits may one day change what is owed.</summary>
internal sealed class FlagsRule : IOrderRule
{
    public string Name => "flags";

    public bool AppliesToReplay => true;

    public RefusalReason Check(in OrderContext context)
    {
        Order order = context.Order;
        if (order.MaxUnits > VoucherLimits.UnitsMax)
        {
            return RefusalReason.UnitsOverLimit;
        }

        if ((order.Flags & ~Order.KnownFlags) != 0)
        {
            return RefusalReason.FlagsUnknown;
        }

        return order.Extension.IsZero ? RefusalReason.None : RefusalReason.ExtensionUnsupported;
    }
}
