namespace ComputeVoucher.Vouchers.Tests.Rules;

public sealed class InputBudgetRuleTests
{
    private static readonly long s_max = Sample.Policy.NodeInputBytesMax;

    private static readonly long s_share = Sample.Policy.KeyInputBytesMax;

    private static readonly int s_input = Sample.Context().InputBytes;

    [Fact]
    public void NodeAtItsBudget_Passes() => Assert.Equal(
        RefusalReason.None, Check(Sample.Channel with { NodeInputBytes = s_max - s_input }));

    [Fact]
    public void NodeAboveItsBudget_Refused() => Assert.Equal(
        RefusalReason.InputsFull,
        Check(Sample.Channel with { NodeInputBytes = s_max - s_input + 1 }));

    [Fact]
    public void KeyAtItsShare_Passes() => Assert.Equal(
        RefusalReason.None, Check(Sample.Channel with { KeyInputBytes = s_share - s_input }));

    /// <summary>However much room the node has.</summary>
    [Fact]
    public void KeyAboveItsShare_Refused() => Assert.Equal(
        RefusalReason.KeyInputsFull,
        Check(Sample.Channel with { KeyInputBytes = s_share - s_input + 1 }));

    [Theory]
    [InlineData(16L << 30, 1L << 30)]
    [InlineData(8L << 20, 1L << 20)]
    [InlineData(10L, 10L)]
    public void Share_IsASixteenthAndOneInputAtLeast(long all, long share) =>
        Assert.Equal(share, (Sample.Policy with { NodeInputBytesMax = all }).KeyInputBytesMax);

    /// <summary>Its input is there already.</summary>
    [Fact]
    public void OrderThatWasGivenUp_Passes() => Assert.Equal(
        RefusalReason.None,
        Check(Sample.Channel with
        {
            NodeInputBytes = s_max,
            SequenceUse = SequenceUse.SameReleased,
        }));

    private static RefusalReason Check(ChannelView channel) =>
        Sample.Check(Sample.Context(channel: channel));
}
