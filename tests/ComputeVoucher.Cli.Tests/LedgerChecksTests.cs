using System;
using ComputeVoucher.Chain;
using ComputeVoucher.Node;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Cli.Tests;

/// <summary>What doctor makes of the figures.</summary>
public sealed class LedgerChecksTests
{
    [Theory]
    [InlineData(null, true, true, "brought none")]
    [InlineData(10L, true, true, "they last 45 days")]
    [InlineData(11L, true, false, "they last 40 days, a court wants 45")]
    [InlineData(11L, false, true, "they last 40 days")]
    public void Inputs_HaveToLastForACourt(long? aDay, bool hasCourt, bool ok, string text)
    {
        Finding finding = LedgerChecks.Inputs(new InputStore(7, 450, aDay), hasCourt);
        Assert.Equal(ok, finding.Ok);
        Assert.StartsWith("7 of 450 bytes", finding.Text, StringComparison.Ordinal);
        Assert.Contains(text, finding.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0, false, "clients order nothing")]
    [InlineData(5, 0, true, "5 of token")]
    [InlineData(5, 86_400, false, "may leave at 1970-01-02")]
    public void Bond_IsThereAndStays(ulong amount, ulong exitAt, bool ok, string text)
    {
        Finding finding = LedgerChecks.BondOf(
            new Stake(Address.Zero, Address.Zero, 9UL, new Bond(amount, exitAt)));
        Assert.Equal(ok, finding.Ok);
        Assert.Contains(text, finding.Text, StringComparison.Ordinal);
        Assert.Contains("for orders worth 9", finding.Text, StringComparison.Ordinal);
    }
}
