namespace ComputeVoucher.Vouchers.Tests.Rules;

public sealed class NodeBudgetRuleTests
{
    [Fact]
    public void NodeAtItsBound_Passes()
    {
        ChannelView channel = Sample.Channel with { NodeUnackedUnits = 999_500 };
        Assert.Equal(
            RefusalReason.None,
            Sample.Check(Sample.Context(channel: channel)));
    }

    [Fact]
    public void NodeAboveItsBound_Refused()
    {
        ChannelView channel = Sample.Channel with { NodeUnackedUnits = 999_501 };
        Assert.Equal(
            RefusalReason.GlobalBudgetShort,
            Sample.Check(Sample.Context(channel: channel)));
    }
}
