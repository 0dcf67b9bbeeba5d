namespace ComputeVoucher.Vouchers.Tests.Rules;

public sealed class FlagsRuleTests
{
    [Fact]
    public void AcceptAndTraceRoot_Pass()
    {
        Assert.Equal(RefusalReason.None, Check(1 + 2));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(4 + 8)]
    [InlineData(1 + 2 + 8)]
    public void Proof_RefusedUntilANodeMakesThem(int flags) =>
        Assert.Equal(RefusalReason.ProofUnavailable, Check(flags));

    [Theory]
    [InlineData(16)]
    [InlineData(4 + 128)]
    public void UnknownFlag_Refused(int flags) =>
        Assert.Equal(RefusalReason.FlagsUnknown, Check(flags));

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

    private static RefusalReason Check(int flags) => Sample.Check(Sample.Context(
        Sample.Order with { Flags = (OrderFlags)flags }));
}
