namespace ComputeVoucher.Vouchers.Tests.Rules;

public sealed class DeadlineRuleTests
{
    [Fact]
    public void DeadlineNow_Refused()
    {
        Assert.Equal(
            RefusalReason.DeadlinePassed,
            Sample.Check(Sample.Context(Sample.Order with { Deadline = Sample.Now })));
    }

    [Fact]
    public void DeadlineNextSecond_Passes()
    {
        Assert.Equal(
            RefusalReason.None,
            Sample.Check(Sample.Context(Sample.Order with { Deadline = Sample.Now + 1 })));
    }

    [Fact]
    public void DeadlineZero_Refused()
    {
        Assert.Equal(
            RefusalReason.DeadlinePassed,
            Sample.Check(Sample.Context(Sample.Order with { Deadline = 0 })));
    }

    [Fact]
    public void DeadlineAtTheHorizon_Passes()
    {
        Assert.Equal(
            RefusalReason.None,
            Sample.Check(Sample.Context(Sample.Order with { Deadline = Sample.Now + 3600 })));
    }

    [Fact]
    public void DeadlineBeyondTheHorizon_Refused()
    {
        Assert.Equal(
            RefusalReason.DeadlineTooFar,
            Sample.Check(Sample.Context(Sample.Order with { Deadline = Sample.Now + 3601 })));
    }

    /// <summary>R11: whatever the operator allows, no order outlives a bond.</summary>
    [Fact]
    public void DeadlineBeyondThreeDays_RefusedWhateverTheHorizon()
    {
        ServicePolicy policy = Sample.Policy with { OrderHorizonSeconds = ulong.MaxValue };
        OrderContext context = Sample.Context(
            Sample.Order with { Deadline = Sample.Now + 3 * 86_400 }) with { Policy = policy };
        Assert.Equal(RefusalReason.None, new DeadlineRule().Check(context));
        context = Sample.Context(
            Sample.Order with { Deadline = Sample.Now + 3 * 86_400 + 1 }) with { Policy = policy };
        Assert.Equal(RefusalReason.DeadlineTooFar, new DeadlineRule().Check(context));
    }

    [Fact]
    public void DeadlineOfAllOnes_Refused()
    {
        Assert.Equal(
            RefusalReason.DeadlineTooFar,
            Sample.Check(Sample.Context(Sample.Order with { Deadline = ulong.MaxValue })));
    }

    [Fact]
    public void ReplayAfterTheDeadline_Passes()
    {
        ChannelView channel = Sample.Channel with { SequenceUse = SequenceUse.Same };
        Assert.Equal(
            RefusalReason.None,
            Sample.Check(Sample.Context(channel: channel, now: Sample.Now + 100_000)));
    }
}
