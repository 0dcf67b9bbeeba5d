namespace ComputeVoucher.Vouchers.Tests.Rules;

public sealed class FlagsRuleTests
{
    [Fact]
    public void BothKnownFlags_Pass()
    {
        Assert.Equal(
            RefusalReason.None,
            Sample.Check(Sample.Context(Sample.Order with { Flags = Order.KnownFlags })));
    }

    [Fact]
    public void UnknownFlag_Refused()
    {
        Assert.Equal(
            RefusalReason.FlagsUnknown,
            Sample.Check(Sample.Context(Sample.Order with { Flags = (OrderFlags)4 })));
    }

    [Fact]
    public void Extension_Refused()
    {
        Assert.Equal(
            RefusalReason.ExtensionUnsupported,
            Sample.Check(Sample.Context(Sample.Order with { Extension = Sample.Model })));
    }

    [Fact]
    public void UnitsAbove63Bits_Refused()
    {
        Order order = Sample.Order with { MaxUnits = VoucherLimits.UnitsMax + 1 };
        Assert.Equal(RefusalReason.UnitsOverLimit, Sample.Check(Sample.Context(order)));
    }
}
