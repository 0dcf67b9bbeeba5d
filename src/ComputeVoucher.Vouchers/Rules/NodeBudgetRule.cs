using System;

namespace ComputeVoucher.Vouchers;

/// <summary>All spend keys together owe at most what the operator can lose.</summary>
internal sealed class NodeBudgetRule : IOrderRule
{
    public string Name => "node budget";

    public bool AppliesToReplay => false;

    public RefusalReason Check(in OrderContext context)
    {
        UInt128 unacked = context.Channel.NodeUnackedUnits + context.Order.MaxUnits;
        return unacked <= context.Policy.NodeUnackedUnitsMax
            ? RefusalReason.None
            : RefusalReason.GlobalBudgetShort;
    }
}
