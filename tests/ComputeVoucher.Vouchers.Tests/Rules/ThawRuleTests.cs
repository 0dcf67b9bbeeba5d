namespace ComputeVoucher.Vouchers.Tests.Rules;

public sealed class ThawRuleTests
{
    [Fact]
    public void EverySecondAroundTheMargin_RefusedExactlyWhenTooLate()
    {
        // H6: deadline + margin <= thawAt, at every second around it.
        ulong edge = Sample.Order.Deadline + Sample.Policy.RedeemMarginSeconds;
        for (ulong thawAt = edge - 100; thawAt < edge + 100; thawAt++)
        {
            RefusalReason expected = thawAt >= edge
                ? RefusalReason.None
                : RefusalReason.DeadlineAfterThaw;
            ChannelView channel = Sample.Channel with { ThawAt = thawAt };
            Assert.Equal(expected, Sample.Check(Sample.Context(channel: channel)));
        }
    }

    [Fact]
    public void ThawLongPast_Refused()
    {
        Assert.Equal(
            RefusalReason.DeadlineAfterThaw,
            Sample.Check(Sample.Context(channel: Sample.Channel with { ThawAt = 1 })));
    }

    [Fact]
    public void NoThaw_MarginLongerThanTheClassThaw_Refused()
    {
        ServicePolicy policy = Sample.Policy with { RedeemMarginSeconds = 3 * 86_400 };
        Assert.Equal(
            RefusalReason.DeadlineAfterThaw,
            Sample.Check(Sample.Context(policy: policy)));
    }
}
