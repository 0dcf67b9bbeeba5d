using System;
using System.Collections.Generic;

namespace ComputeVoucher.Vouchers.Tests;

public sealed class OrderRulesTests
{
    [Fact]
    public void Sample_PassesEveryRule() =>
        Assert.Equal(RefusalReason.None, Sample.Check(Sample.Context()));

    [Fact]
    public void Order_IsCheapestFirst_SignatureLast()
    {
        List<string> names = [];
        foreach (IOrderRule rule in OrderRules.All)
        {
            names.Add(rule.Name);
        }

        Assert.Equal(
            [
                "size", "flags", "channel", "class", "model", "deadline", "thaw", "expiry",
                "sequence", "balance", "budget", "node budget", "input budget",
                "dispute budget", "signature",
            ],
            names);
    }

    [Fact]
    public void SeveralFaults_TheCheapestIsNamed()
    {
        OrderContext context = Sample.Context(
            Sample.Order with { Deadline = 0, MaxUnits = 2_000_000 },
            signature: default(Primitives.Signature));
        Assert.Equal(RefusalReason.DeadlinePassed, Sample.Check(context));
    }

    [Fact]
    public void CheckLive_AsksOnlyWhatOtherOrdersChange()
    {
        OrderContext late = Sample.Context(now: Sample.Now + 100_000);
        Assert.Equal(RefusalReason.None, OrderRules.CheckLive(late));
        OrderContext poor = Sample.Context(channel: Sample.Channel with { Locked = 1 });
        Assert.Equal(RefusalReason.BalanceShort, OrderRules.CheckLive(poor));
    }

    [Fact]
    public void EveryReason_HasALineWithARemedy()
    {
        HashSet<string> lines = [];
        foreach (RefusalReason reason in Enum.GetValues<RefusalReason>())
        {
            string line = Refusals.Describe(reason);
            Assert.True(lines.Add(line), line);
            Assert.True(reason == RefusalReason.None || line.Contains("; "), line);
            Assert.InRange((ushort)reason, 0, 65279);
        }

        Assert.Equal("refused with reason 9999", Refusals.Describe((RefusalReason)9999));
    }
}
