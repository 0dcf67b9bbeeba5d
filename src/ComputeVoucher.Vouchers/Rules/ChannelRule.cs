namespace ComputeVoucher.Vouchers;

/// <summary>The channel is ours, final and still open; a replay only has to be ours.</summary>
internal sealed class ChannelRule : IOrderRule
{
    public string Name => "channel";

    public bool AppliesToReplay => true;

    public RefusalReason Check(in OrderContext context)
    {
        ChannelView channel = context.Channel;
        if (channel.Status == ChannelStatus.Unknown)
        {
            return RefusalReason.ChannelUnknown;
        }

        if (channel.Terms.Node != context.Policy.Node)
        {
            return RefusalReason.ChannelOfOtherNode;
        }

        if (context.IsReplay)
        {
            return RefusalReason.None;
        }

        if (channel.Status == ChannelStatus.Pending)
        {
            return RefusalReason.ChannelNotFinal;
        }

        if (channel.Status == ChannelStatus.Closed)
        {
            return RefusalReason.ChannelClosed;
        }

        return channel.Released ? RefusalReason.ChannelReleased : RefusalReason.None;
    }
}
