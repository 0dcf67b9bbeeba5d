namespace ComputeVoucher.Vouchers.Tests.Rules;

public sealed class BalanceRuleTests
{
    [Fact]
    public void ExactlyCovered_Passes()
    {
        Assert.Equal(
            RefusalReason.None,
            Sample.Check(Sample.Context(channel: Sample.Channel with { Locked = 500 })));
    }

    [Fact]
    public void OneUnitShort_Refused()
    {
        Assert.Equal(
            RefusalReason.BalanceShort,
            Sample.Check(Sample.Context(channel: Sample.Channel with { Locked = 499 })));
    }

    [Fact]
    public void UnackedCounts_Refused()
    {
        ChannelView channel = Sample.Channel with { Locked = 1000, UnackedUnits = 501 };
        Assert.Equal(
            RefusalReason.BalanceShort,
            Sample.Check(Sample.Context(channel: channel)));
    }

    [Fact]
    public void AckedButNotRedeemedCounts_Refused()
    {
        ChannelView channel = Sample.Channel with { Locked = 1000, AckedUnits = 501 };
        Assert.Equal(
            RefusalReason.BalanceShort,
            Sample.Check(Sample.Context(channel: channel)));
    }

    [Fact]
    public void RedeemedBeyondAcks_Counts_Refused()
    {
        ChannelView channel = Sample.Channel with { Locked = 1000, Redeemed = 501 };
        Assert.Equal(
            RefusalReason.BalanceShort,
            Sample.Check(Sample.Context(channel: channel)));
    }

    [Fact]
    public void RedeemedAndAcked_CountOnce_Passes()
    {
        ChannelView channel = Sample.Channel with
        {
            Locked = 1000,
            Redeemed = 500,
            AckedUnits = 500,
        };
        Assert.Equal(
            RefusalReason.None,
            Sample.Check(Sample.Context(channel: channel)));
    }

    [Fact]
    public void HugeNumbers_DoNotWrap_Refused()
    {
        ChannelView channel = Sample.Channel with
        {
            Locked = long.MaxValue,
            UnackedUnits = long.MaxValue,
        };
        Assert.Equal(
            RefusalReason.BalanceShort,
            Sample.Check(Sample.Context(channel: channel)));
    }
}
