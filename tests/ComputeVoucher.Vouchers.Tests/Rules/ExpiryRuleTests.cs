namespace ComputeVoucher.Vouchers.Tests.Rules;

public sealed class ExpiryRuleTests
{
    [Fact]
    public void EverySecondAroundTheGrace_RefusedExactlyWhenTooLate()
    {
        ulong margin = 2 * 86_400;
        ServicePolicy policy = Sample.Policy with
        {
            RedeemMarginSeconds = margin,
            ExpiryGraceSeconds = 86_400,
        };
        // Redeemable until expiry + 1 day, needed 2 days: service ends one day before expiry.
        ulong edge = Sample.Class.Expiry - 86_400;
        for (ulong deadline = edge - 50; deadline < edge + 50; deadline++)
        {
            RefusalReason expected = deadline <= edge
                ? RefusalReason.None
                : RefusalReason.ClassExpires;
            Order order = Sample.Order with { Deadline = deadline };
            Assert.Equal(
                expected,
                Sample.Check(Sample.Context(order, policy: policy, now: deadline - 60)));
        }
    }

    [Fact]
    public void AfterExpiryWithinALongGrace_Refused()
    {
        ServicePolicy policy = Sample.Policy with { ExpiryGraceSeconds = 365 * 86_400 };
        Order order = Sample.Order with { Deadline = Sample.Class.Expiry + 1 };
        Assert.Equal(
            RefusalReason.ClassExpires,
            Sample.Check(Sample.Context(order, policy: policy, now: Sample.Class.Expiry)));
    }
}
