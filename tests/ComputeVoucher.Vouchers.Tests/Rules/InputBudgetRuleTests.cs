namespace ComputeVoucher.Vouchers.Tests.Rules;

public sealed class InputBudgetRuleTests
{
    private static readonly long s_max = Sample.Policy.NodeInputBytesMax;

    private static readonly int s_input = Sample.Context().InputBytes;

    [Fact]
    public void NodeAtItsBudget_Passes() => Assert.Equal(
        RefusalReason.None, Check(Sample.Channel with { NodeInputBytes = s_max - s_input }));

    [Fact]
    public void NodeAboveItsBudget_Refused() => Assert.Equal(
        RefusalReason.InputsFull,
        Check(Sample.Channel with { NodeInputBytes = s_max - s_input + 1 }));

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
