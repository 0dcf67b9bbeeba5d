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

    /// <summary>Operands are the node's or the provider's to give, a lost input the provider's
    /// alone to ask for.</summary>
    [Theory]
    [InlineData(2, true, "every move")]
    [InlineData(1, true, "only the provider")]
    [InlineData(3, false, "the bond is lost by silence")]
    public void Answers_ComeFromTheNodeOrTheProvider(byte payer, bool ok, string text)
    {
        Finding finding = ChainChecks.Answers(Of(1), Of(2), Of(payer));
        Assert.Equal(ok, finding.Ok);
        Assert.Contains(text, finding.Text, StringComparison.Ordinal);
    }

    private static Address Of(byte value)
    {
        byte[] bytes = new byte[Address.Size];
        bytes[^1] = value;
        return new Address(bytes);
    }

    /// <summary>1.2 M gas at 11 and 1 gwei are 1.44e16 wei; a fifth of a bond of 72 base units of
    /// 1e15 wei each is as much.</summary>
    [Theory]
    [InlineData(72, 1_000_000_000_000_000, "from a bond of 72 of", "yours is 72: it pays")]
    [InlineData(71, 1_000_000_000_000_000, "from a bond of 72 of", "nobody gains")]
    [InlineData(71, 999_999_999_999_999, "from a bond of 73 of", "nobody gains")]
    [InlineData(0, 0, "14400000000000000 wei", "redeem:weiPerTokenUnit")]
    public void Challenge_PaysFromABondOn(ulong bond, ulong worth, string least, string verdict)
    {
        Finding finding = LedgerChecks.Challenge(
            new Stake(Address.Zero, Address.Zero, 9UL, new Bond(bond, 0)), 11_000_000_000, worth,
            hasText: false);
        Assert.True(finding.Ok);
        Assert.Contains(least, finding.Text, StringComparison.Ordinal);
        Assert.Contains(verdict, finding.Text, StringComparison.Ordinal);
    }

    /// <summary>2.5 M gas, where language models are served.</summary>
    [Fact]
    public void Challenge_OfALanguageModel_CostsMore() => Assert.Contains(
        "from a bond of 150 of", LedgerChecks.Challenge(
            new Stake(Address.Zero, Address.Zero, 9UL, new Bond(72, 0)), 11_000_000_000,
            1_000_000_000_000_000, hasText: true).Text, StringComparison.Ordinal);
}
