using System.Collections.Frozen;
using System.Collections.Generic;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers.Tests.Rules;

public sealed class ExpiryRuleTests
{
    [Fact]
    public void EverySecondAroundTheGrace_RefusedExactlyWhenTooLate()
    {
        ServicePolicy policy = Sample.Policy with
        {
            RedeemMarginSeconds = VoucherLimits.ExpiryGraceSeconds + 86_400,
            // A thaw so long that it is not what refuses.
            Classes = new Dictionary<Bytes32, VoucherClass>
            {
                [Sample.Class.HashStruct()] = Sample.Class with { Thaw = 40 * 86_400 },
            }.ToFrozenDictionary(),
        };
        // A day longer than the grace is needed: service ends one day before expiry.
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
    public void AfterExpiryWithinTheGrace_Refused()
    {
        Order order = Sample.Order with { Deadline = Sample.Class.Expiry + 1 };
        Assert.Equal(
            RefusalReason.ClassExpires,
            Sample.Check(Sample.Context(order, now: Sample.Class.Expiry)));
    }
}
