using System;

namespace ComputeVoucher.Vouchers.Tests.Rules;

public sealed class BudgetRuleTests
{
    [Fact]
    public void NewKeyAtItsBudget_Passes()
    {
        Assert.Equal(
            RefusalReason.None,
            Sample.Check(Sample.Context(channel: Sample.Channel with { KeyUnackedUnits = 500 })));
    }

    [Fact]
    public void NewKeyAboveItsBudget_Refused()
    {
        Assert.Equal(
            RefusalReason.BudgetShort,
            Sample.Check(Sample.Context(channel: Sample.Channel with { KeyUnackedUnits = 501 })));
    }

    [Fact]
    public void AckedUnits_RaiseTheBudget_Passes()
    {
        ChannelView channel = Sample.Channel with { KeyAckedUnits = 4000, KeyUnackedUnits = 1500 };
        Assert.Equal(
            RefusalReason.None,
            Sample.Check(Sample.Context(channel: channel)));
    }

    [Fact]
    public void AckedUnits_RaiseItByAQuarterOnly_Refused()
    {
        ChannelView channel = Sample.Channel with { KeyAckedUnits = 4000, KeyUnackedUnits = 1501 };
        Assert.Equal(
            RefusalReason.BudgetShort,
            Sample.Check(Sample.Context(channel: channel)));
    }

    [Fact]
    public void TheCap_HoldsForEverHistory()
    {
        Assert.Equal((UInt128)100_000, Sample.Policy.BudgetOf(UInt128.MaxValue / 1_000_000));
        Assert.Equal((UInt128)1_000, Sample.Policy.BudgetOf(999));
    }
}
