namespace ComputeVoucher.Vouchers.Tests.Rules;

public sealed class ClassRuleTests
{
    [Fact]
    public void ClassNotPinned_Refused()
    {
        Assert.Equal(
            RefusalReason.ClassNotPinned,
            Sample.Check(Sample.Context(policy: Sample.Policy.WithClasses([]))));
    }

    [Fact]
    public void AnotherClassPinned_Refused()
    {
        ServicePolicy policy = Sample.Policy.WithClasses([Sample.Class with { Thaw = 1 }]);
        Assert.Equal(
            RefusalReason.ClassNotPinned,
            Sample.Check(Sample.Context(policy: policy)));
    }
}
