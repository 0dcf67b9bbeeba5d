namespace ComputeVoucher.Vouchers.Tests.Rules;

public sealed class SequenceRuleTests
{
    [Theory]
    [InlineData(SequenceUse.Free, RefusalReason.None)]
    [InlineData(SequenceUse.Same, RefusalReason.None)]
    [InlineData(SequenceUse.SameReleased, RefusalReason.None)]
    [InlineData(SequenceUse.Other, RefusalReason.SequenceUsed)]
    [InlineData(SequenceUse.OtherKept, RefusalReason.SequenceUsed)]
    [InlineData(SequenceUse.Passed, RefusalReason.SequencePassed)]
    [InlineData(SequenceUse.Ahead, RefusalReason.SequenceAhead)]
    public void EachUse_HasItsAnswer(SequenceUse use, RefusalReason expected)
    {
        ChannelView channel = Sample.Channel with { SequenceUse = use };
        Assert.Equal(expected, Sample.Check(Sample.Context(channel: channel)));
    }
}
