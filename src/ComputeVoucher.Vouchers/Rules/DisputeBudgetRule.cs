using System;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// Every channel may dispute its longest order at the same moment, and the node that cannot run all
/// of them again in time loses its bond by silence, however honest it was. A court lets one order
/// of a channel wait for its first answer at a time, and one more where strangers may dispute.
/// </summary>
internal sealed class DisputeBudgetRule : IOrderRule
{
    public string Name => "dispute budget";

    public bool AppliesToReplay => false;

    public RefusalReason Check(in OrderContext context)
    {
        ChannelView channel = context.Channel;
        if (!context.Policy.MayHaveCourt(channel.Terms.ClassId))
        {
            return RefusalReason.None;
        }

        UInt128 others = channel.NodeDisputeUnits - channel.ChannelDisputeUnits;
        UInt128 own = UInt128.Max(
            channel.ChannelDisputeUnits, context.Order.MaxUnits * channel.DisputeLines);
        return others + own <= channel.DisputeBounds.AllUnits
            && context.Order.MaxUnits <= channel.DisputeBounds.OneUnits
            ? RefusalReason.None
            : RefusalReason.DisputesFull;
    }
}
