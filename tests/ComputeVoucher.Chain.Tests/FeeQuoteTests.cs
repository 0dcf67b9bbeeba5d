using System;
using ComputeVoucher.Ledger;

namespace ComputeVoucher.Chain.Tests;

public sealed class FeeQuoteTests
{
    [Fact]
    public void Replacement_AnyFees_BothRiseByAnEighth()
    {
        foreach (ulong maxFee in new ulong[] { 0, 1, 7, 8, 9, 1_000_000_007, 1UL << 60 })
        {
            FeeQuote previous = new(maxFee, maxFee / 3);
            FeeQuote next = FeeQuote.Replacement(previous, new FeeQuote(1, 1));
            Assert.True(next.MaxFee * 8 >= previous.MaxFee * 9);
            Assert.True(next.PriorityFee * 8 >= previous.PriorityFee * 9);
            Assert.True(next.MaxFee > previous.MaxFee && next.PriorityFee > previous.PriorityFee);
            Assert.True(next.PriorityFee <= next.MaxFee);
        }
    }

    [Fact]
    public void Market_HugeBaseFee_DoesNotOverflow()
    {
        FeeQuote quote = FeeQuote.Market(UInt128.MaxValue, UInt128.MaxValue);
        Assert.True(quote.MaxFee < UInt128.One << 64);
        FeeQuote next = quote;
        for (int i = 0; i < OutboxEntry.AttemptsMax; i++)
        {
            next = FeeQuote.Replacement(next, quote);
        }

        Assert.True(next.MaxFee <= UInt128.One << 63);
    }

    [Theory]
    [InlineData(100, 10, 1000, null, true, 100)]
    [InlineData(100, 10, 1000, 0, false, 0)]
    [InlineData(100, 10, 1000, 100_000, true, 100)]
    [InlineData(100, 10, 1000, 99_999, true, 99)]
    [InlineData(100, 10, 1000, 50_000, true, 50)]
    [InlineData(100, 10, 1000, 49_999, false, 49)]
    public void TryCap_AtTheBound_ExactlyFits(
        int maxFee, int priority, int gas, int? cap, bool fits, int expected)
    {
        FeeQuote wanted = new((UInt128)maxFee, (UInt128)priority);
        FeeQuote floor = new(50, 5);
        bool did = FeeQuote.TryCap(wanted, floor, (ulong)gas, (UInt128?)cap, out FeeQuote capped);
        Assert.Equal(fits, did);
        Assert.Equal((UInt128)expected, capped.MaxFee);
    }
}
