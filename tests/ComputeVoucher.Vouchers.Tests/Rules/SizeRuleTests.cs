namespace ComputeVoucher.Vouchers.Tests.Rules;

public sealed class SizeRuleTests
{
    [Fact]
    public void InputAtTheLimit_Passes()
    {
        Assert.Equal(
            RefusalReason.None,
            Sample.Check(Sample.Context(inputBytes: Sample.Policy.InputBytesMax)));
    }

    [Fact]
    public void InputAboveTheLimit_Refused()
    {
        Assert.Equal(
            RefusalReason.InputSize,
            Sample.Check(Sample.Context(inputBytes: Sample.Policy.InputBytesMax + 1)));
    }
}
