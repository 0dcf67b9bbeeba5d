namespace ComputeVoucher.Vouchers.Tests.Rules;

public sealed class ModelRuleTests
{
    [Fact]
    public void ModelNotPinned_Refused()
    {
        Assert.Equal(
            RefusalReason.ModelNotPinned,
            Sample.Check(Sample.Context(Sample.Order with { ModelRoot = Sample.Order.InputRoot })));
    }

    [Fact]
    public void ReplayOfAnUnpinnedModel_Refused()
    {
        Assert.Equal(
            RefusalReason.ModelNotPinned,
            Sample.Check(Sample.Context(Sample.Order with { ModelRoot = default },
                channel: Sample.Channel with { SequenceUse = SequenceUse.Same })));
    }
}
