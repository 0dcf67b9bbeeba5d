namespace ComputeVoucher.Vouchers.Tests.Rules;

public sealed class ChannelRuleTests
{
    [Fact]
    public void UnknownChannel_Refused()
    {
        Assert.Equal(
            RefusalReason.ChannelUnknown,
            Sample.Check(Sample.Context(channel: default(ChannelView))));
    }

    [Fact]
    public void PendingChannel_Refused()
    {
        ChannelView channel = Sample.Channel with { Status = ChannelStatus.Pending };
        Assert.Equal(
            RefusalReason.ChannelNotFinal,
            Sample.Check(Sample.Context(channel: channel)));
    }

    [Fact]
    public void ClosedChannel_Refused()
    {
        ChannelView channel = Sample.Channel with { Status = ChannelStatus.Closed };
        Assert.Equal(
            RefusalReason.ChannelClosed,
            Sample.Check(Sample.Context(channel: channel)));
    }

    [Fact]
    public void ReleasedChannel_Refused()
    {
        Assert.Equal(
            RefusalReason.ChannelReleased,
            Sample.Check(Sample.Context(channel: Sample.Channel with { Released = true })));
    }

    [Fact]
    public void ChannelOfOtherNode_Refused()
    {
        ServicePolicy policy = Sample.Policy with { Node = Sample.OtherKey.Address };
        Assert.Equal(
            RefusalReason.ChannelOfOtherNode,
            Sample.Check(Sample.Context(policy: policy)));
    }

    [Fact]
    public void ReplayOnAClosedChannel_Passes()
    {
        ChannelView channel = Sample.Channel with
        {
            Status = ChannelStatus.Closed,
            SequenceUse = SequenceUse.Same,
        };
        Assert.Equal(
            RefusalReason.None,
            Sample.Check(Sample.Context(channel: channel)));
    }

    [Fact]
    public void ReplayOnAnUnknownChannel_Refused()
    {
        ChannelView channel = new ChannelView { SequenceUse = SequenceUse.Same };
        Assert.Equal(
            RefusalReason.ChannelUnknown,
            Sample.Check(Sample.Context(channel: channel)));
    }
}
