using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain.Tests;

/// <summary>What transactions cost: from the chain, under caps, up and down, once in a block.
/// </summary>
[Trait("Category", "load")]
public sealed class OutboxFeeTests
{
    private const ulong Gwei = ScriptedChain.Gwei;

    [Theory]
    [InlineData(2_200_000, Gwei, null, 2_200_000)]
    [InlineData(2_200_000, Gwei, 1_000UL, 2_200_000)]
    [InlineData(30 * Gwei, 31 * Gwei, 35 * Gwei, 31 * Gwei)]
    [InlineData(1_000, 31 * Gwei, 35 * Gwei, 31 * Gwei)]
    [InlineData(1_000, null, 35 * Gwei, 35 * Gwei)]
    [InlineData(5 * Gwei, 900 * Gwei, 2 * Gwei, 5 * Gwei)]
    [InlineData(0, null, null, Gwei)]
    public async Task Tip_OfTheChain_NeverAboveWhatBlocksWerePaid(
        ulong baseFee, ulong? suggested, ulong? paid, ulong expected)
    {
        using OutboxRig rig = new();
        (rig.Chain.BaseFee, rig.Chain.Tip, rig.Chain.Paid) = (baseFee, suggested, paid);
        await rig.SubmitAsync(OutboxRig.Request());
        await rig.RunAsync(1);
        Transaction sent = Assert.Single(rig.Chain.Offered);
        Assert.Equal((UInt256)expected, sent.MaxPriorityFeePerGas);
        Assert.Equal((UInt256)(2 * baseFee + expected), sent.MaxFeePerGas);
    }

    /// <summary>Of two, one says what no block or no request allows: the other is believed.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Gas_BeyondWhatIsAllowed_OfOneEndpointOfTwo_ForbidsNothing(int liar)
    {
        using OutboxRig rig = new(endpoints: 2);
        rig.Chains[liar].Gas = 29_000_000;
        await rig.SubmitAsync(OutboxRig.Request() with { GasLimit = 500_000 });
        await rig.RunAsync(1);
        Assert.InRange(Assert.Single(rig.Row.Attempts).GasLimit, 100_000UL, 500_000UL);
        Assert.Null(rig.Outbox.Problem);
    }

    /// <summary>Of two, one calls a wei enough, for the block and for its author, and keeps what it
    /// is sent. What cannot wait costs what the other says at once; what can, after two blocks.
    /// </summary>
    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    public async Task Price_OfOneWei_OfOneEndpointOfTwo_NeitherDelaysNorStrands(
        int liar, bool isUrgent)
    {
        using OutboxRig rig = new(endpoints: 2);
        ScriptedChain honest = rig.Chains[1 - liar];
        (rig.Chains[liar].BaseFee, rig.Chains[liar].Tip) = (1, 1);
        (honest.BaseFee, honest.Tip, honest.Paid) = (8 * Gwei, 2 * Gwei, 2 * Gwei);
        honest.Refuse = t => t.MaxFeePerGas < (UInt256)(8 * Gwei)
                || t.MaxPriorityFeePerGas < (UInt256)Gwei
            ? "transaction underpriced: tip needed 1"
            : null;
        await rig.SubmitAsync(OutboxRig.Request() with { IsUrgent = isUrgent });
        await rig.RunAsync(isUrgent ? 1 : 25);
        Assert.Single(honest.Pool);
        Assert.Equal((UInt256)(2 * Gwei), honest.Offered[^1].MaxPriorityFeePerGas);
        Assert.True(honest.Offered[^1].MaxFeePerGas >= (UInt256)(18 * Gwei));
    }

    /// <summary>Of two, one calls any price too little: what the other takes is sent.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Price_BeyondEveryCap_OfOneEndpointOfTwo_ForbidsNothing(int liar)
    {
        using OutboxRig rig = new(endpoints: 2);
        (rig.Chains[liar].BaseFee, rig.Chains[liar].Tip) = (5_000 * Gwei, 900 * Gwei);
        await rig.SubmitAsync(OutboxRig.Redemption());
        await rig.RunAsync(1);
        Transaction sent = Assert.Single(rig.Chains[1 - liar].Offered);
        Assert.Equal((UInt256)Gwei, sent.MaxPriorityFeePerGas);
        Assert.True(sent.MaxFeePerGas <= (UInt256)(100 * Gwei));
    }

    /// <summary>Two of three are away: the third is asked, and nobody for ever.</summary>
    [Fact]
    public async Task Price_OfOneOfThree_TheOthersAway_IsEnough()
    {
        using OutboxRig rig = new(endpoints: 3);
        foreach (ScriptedChain away in rig.Chains[1..])
        {
            string[] asked = ["eth_getBlockByNumber", "eth_estimateGas", "eth_feeHistory",
                "eth_maxPriorityFeePerGas"];
            Array.ForEach(asked, method => away.Busy[method] = 1_000_000);
        }

        await rig.SubmitAsync(OutboxRig.Request());
        await rig.RunAsync(1);
        Assert.Single(rig.Chain.Pool);
    }

    [Fact]
    public async Task Tip_OfTheOperator_AsHeSays()
    {
        using OutboxRig rig = new(new FeeLimits { Tip = 7 });
        await rig.SubmitAsync(OutboxRig.Request());
        await rig.RunAsync(1);
        Assert.Equal((UInt256)7UL, Assert.Single(rig.Chain.Offered).MaxPriorityFeePerGas);
    }

    [Fact]
    public async Task Gas_EstimatedAtLatestWithoutALimit_AFifthAndAFlatPartAbove()
    {
        using OutboxRig rig = new();
        await rig.SubmitAsync(OutboxRig.Redemption() with { GasLimit = 0 });
        await rig.RunAsync(1);
        Assert.Equal(140_000UL, Assert.Single(rig.Chain.Offered).GasLimit);
        string asked = Assert.Single(rig.Chain.Estimates);
        Assert.DoesNotContain("\"gas\"", asked, StringComparison.Ordinal);
        Assert.EndsWith("\"latest\"]", asked, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refused_ForItsFee_SignedAnewWhenFeesFall()
    {
        using OutboxRig rig = new(new FeeLimits
        {
            GasPriceMax = null,
            TransactionMax = null,
            DayMax = null,
        });
        rig.Chain.BaseFee = 400 * Gwei;
        rig.Chain.Refuse = t => t.MaxFeePerGas > (UInt256)(500 * Gwei)
            ? "tx fee (1.12 ether) exceeds the configured cap (1.00 ether)"
            : null;
        await rig.SubmitAsync(OutboxRig.Request());
        await rig.RunAsync(60);
        Assert.Empty(rig.Chain.Pool);
        Assert.Single(rig.Row.Attempts);
        Assert.Contains("configured cap", rig.Outbox.Problem, StringComparison.Ordinal);

        rig.Chain.BaseFee = Gwei;
        await rig.RunAsync(24);
        Assert.Single(rig.Chain.Pool);
        Assert.Equal((UInt256)(3 * Gwei), rig.Chain.Offered[^1].MaxFeePerGas);
        Assert.Equal(2, rig.Row.Attempts.Count);
        Assert.Null(rig.Outbox.Problem);
    }

    [Fact]
    public async Task Refused_ProblemStandsBetweenOffers()
    {
        using OutboxRig rig = new();
        rig.Chain.Refuse = _ => "intrinsic gas too low";
        await rig.SubmitAsync(OutboxRig.Request());
        HashSet<string?> lines = [];
        for (int i = 0; i < 20; i++)
        {
            await rig.RunAsync(1);
            lines.Add(rig.Outbox.Problem);
        }

        Assert.Contains("intrinsic gas", Assert.Single(lines), StringComparison.Ordinal);
    }

    /// <summary>An endpoint names neither account nor amounts.</summary>
    [Fact]
    public async Task Refused_NoMoneyForGas_NamesAccountHaveAndNeed()
    {
        using OutboxRig rig = new();
        rig.Chain.Balance = 7;
        rig.Chain.Refuse = _ => "insufficient funds for gas * price + value";
        await rig.SubmitAsync(OutboxRig.Request());
        await rig.RunAsync(3);
        Assert.Equal(
            $"test (outbox 1, nonce 0): {rig.Key.Address} has 7 wei (0.000000000000000007 ETH) "
                + "for gas and needs up to 420000000000000 wei (0.00042 ETH) (send it "
                + "419999999999993 wei (0.000419999999999993 ETH))",
            rig.Outbox.Problem);

        // Where it has enough, the endpoint knows something else.
        rig.Chain.Balance = 420_000_000_000_000;
        await rig.RunAsync(10);
        Assert.Contains("gas * price", rig.Outbox.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("replacement transaction underpriced")]
    [InlineData("transaction underpriced: tip needed 1")]
    public async Task Refused_AsTooCheapForEver_OnceABlockAndNeverAboveTheRoof(string words)
    {
        using OutboxRig rig = new();
        rig.Chain.Paid = 2 * Gwei;
        rig.Chain.Refuse = _ => words;
        await rig.SubmitAsync(OutboxRig.Request());
        int prices = 0;
        for (int block = 0; block < 40; block++)
        {
            await rig.RunAsync(12);
            int now = rig.Chain.Offered.Select(t => t.MaxFeePerGas).Distinct().Count();
            Assert.True(now <= prices + 1, $"{now - prices} prices in one block");
            prices = now;
        }

        Assert.All(rig.Chain.Offered, t =>
            Assert.True(t.MaxPriorityFeePerGas <= (UInt256)(8 * Gwei), "tip above the roof"));
        Assert.All(rig.Chain.Offered, t =>
            Assert.True(t.MaxFeePerGas <= (UInt256)(100 * Gwei), "above the cap"));
    }

    [Fact]
    public async Task Sent_ForEverUnmined_BumpedOnceABlockToTheRoofOfTheTip()
    {
        using OutboxRig rig = new();
        await rig.SubmitAsync(OutboxRig.Request());
        await rig.RunAsync(1, blockEvery: 1000);
        await rig.RunAsync(500, blockEvery: 1000);
        Assert.Single(rig.Row.Attempts);
        await rig.RunAsync(2000);
        Assert.InRange(rig.Row.Attempts.Count, 5, 13);
        Assert.True(rig.Row.Attempts[^1].PriorityFee <= 4 * Gwei);
        Assert.Contains("multiple of what blocks", rig.Outbox.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sent_MinedByTheSecondEndpoint_NotBumped()
    {
        using OutboxRig rig = new(endpoints: 2);
        await rig.SubmitAsync(OutboxRig.Request());
        await rig.RunAsync(1);
        rig.Chains[1].Nonce = 1;
        await rig.RunAsync(120);
        Assert.Single(rig.Row.Attempts);
        rig.Chains[1].Nonce = 0;
        await rig.RunAsync(13);
        Assert.Equal(2, rig.Row.Attempts.Count);
    }

    [Theory]
    [InlineData(100UL, null, null, "redeem:gasPriceWeiMax")]
    [InlineData(null, 1_000_000UL, null, "redeem:transactionWeiMax")]
    [InlineData(null, null, 1_000_000UL, "redeem:dayWeiMax")]
    [InlineData(null, 0UL, null, "redeem:transactionWeiMax")]
    public async Task Cap_OfTheOrdinaryKind_WaitsAndSaysWhich(
        ulong? price, ulong? transaction, ulong? day, string key)
    {
        using OutboxRig rig = new(new FeeLimits
        {
            GasPriceMax = price,
            TransactionMax = transaction,
            DayMax = day,
        });
        await rig.SubmitAsync(OutboxRig.Request());
        await rig.RunAsync(30);
        Assert.Empty(rig.Chain.Offered);
        Assert.Contains(key, rig.Outbox.Problem, StringComparison.Ordinal);

        // None of them holds up what is about to be lost.
        await rig.Outbox.MakeUrgentAsync(rig.Row.Id, default);
        await rig.RunAsync(1);
        Assert.Single(rig.Chain.Pool);
    }

    [Fact]
    public async Task Cap_OfTheDay_CountsWhatWasPaidAndOpensAfterADay()
    {
        // Signed at 3 gwei for 140,000 gas: 420,000 gwei; paid 50,000 at 1 gwei.
        using OutboxRig rig = new(new FeeLimits { DayMax = 440_000 * (UInt128)Gwei });
        await rig.SubmitAsync(OutboxRig.Request("a"));
        await rig.RunAsync(1);
        await rig.SubmitAsync(OutboxRig.Request("b"));
        await rig.RunAsync(2);
        Assert.Single(rig.Chain.Offered);
        Assert.Equal(420_000 * (UInt128)Gwei, rig.Outbox.SpentToday(0));
        rig.Chain.Mine(rig.Row.Attempts[0].TxHash, rig.Key.Address, Address.Zero);
        await rig.RunAsync(2);
        Assert.Equal(2, rig.Chain.Offered.Count);
        UInt128 first = 50_000 * (UInt128)Gwei;
        Assert.True(rig.Outbox.SpentToday(0) > first);
        Assert.True(
            rig.Chain.Offered[1].MaxFeePerGas * 140_000UL <= (UInt256)(390_000 * (UInt128)Gwei));
        rig.Clock.Advance(86_400);
        Assert.Equal(UInt128.Zero, rig.Outbox.SpentToday(0));
    }

    [Fact]
    public async Task Cap_OfTheUrgentKind_ReachedIsAnAlert()
    {
        using OutboxRig rig = new(new FeeLimits { UrgentMax = 1_000 });
        await rig.SubmitAsync(OutboxRig.Request() with { IsUrgent = true });
        await rig.RunAsync(5);
        Assert.Empty(rig.Chain.Offered);
        Assert.Contains("ALERT", rig.Outbox.Problem, StringComparison.Ordinal);
        Assert.Contains("redeem:urgentWeiMax", rig.Outbox.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Worth_OfNothing_NeverSigned()
    {
        using OutboxRig rig = new();
        rig.Outbox.Judge = _ => new Judgement(false, 0, null);
        await rig.SubmitAsync(OutboxRig.Redemption());
        await rig.RunAsync(100);
        Assert.Empty(rig.Chain.Offered);
        rig.Outbox.Judge = _ => new Judgement(true, 0, null);
        await rig.RunAsync(100);
        Assert.Empty(rig.Chain.Offered);

        // At most a quarter of its worth, or all of it: 140,000 gas at 1 to 3 gwei.
        UInt128 worth = 300_000 * (UInt128)Gwei;
        rig.Outbox.Judge = _ => new Judgement(false, worth, null);
        await rig.RunAsync(100);
        Assert.Empty(rig.Chain.Offered);
        rig.Outbox.Judge = _ => new Judgement(true, worth, null);
        await rig.RunAsync(1);
        Transaction sent = Assert.Single(rig.Chain.Offered);
        Assert.True(sent.MaxFeePerGas * sent.GasLimit <= (UInt256)worth);
    }

    [Fact]
    public async Task DataFee_OfARollup_CountsAgainstTheCap()
    {
        UInt128 worth = 500_000 * (UInt128)Gwei;
        using OutboxRig rig = new(new FeeLimits { DataFeeOracle = new Address(new byte[20]) });
        rig.Outbox.Judge = _ => new Judgement(true, worth, null);
        rig.Chain.DataFee = 450_000 * Gwei;
        await rig.SubmitAsync(OutboxRig.Redemption());
        await rig.RunAsync(10);
        Assert.Empty(rig.Chain.Offered);
        rig.Chain.DataFee = 250_000 * Gwei;
        await rig.RunAsync(1);
        Transaction sent = Assert.Single(rig.Chain.Offered);
        Assert.True(sent.MaxFeePerGas * sent.GasLimit <= (UInt256)(250_000 * (UInt128)Gwei));
    }

    [Fact]
    public async Task Decision_OfEverySignature_HasItsFigures()
    {
        using OutboxRig rig = new();
        await rig.SubmitAsync(OutboxRig.Request());
        await rig.Outbox.StepAsync(default);
        string line = Assert.Single(rig.Outbox.Decisions).ToString();
        Assert.Equal(
            "test (outbox 1, nonce 0) attempt 1: 140000 gas at 3000000000 wei, tip 1000000000, "
                + "base fee 1000000000, data fee 0; at most 420000000000000 wei, cap "
                + "14000000000000000 (redeem:gasPriceWeiMax), worth unknown",
            line);
        await rig.Outbox.StepAsync(default);
        Assert.Empty(rig.Outbox.Decisions);
    }

    [Fact]
    public async Task Urgent_BehindACheapOne_PullsItAlong()
    {
        using OutboxRig rig = new();
        await rig.SubmitAsync(OutboxRig.Request("cheap"));
        await rig.RunAsync(1);
        rig.Chain.BaseFee = 150 * Gwei;
        await rig.RunAsync(120);

        // Above the ordinary price cap: it stays as it is.
        Assert.All(rig.Row.Attempts, a => Assert.True(a.MaxFee <= 100 * Gwei));
        await rig.SubmitAsync(OutboxRig.Request("urgent") with { IsUrgent = true });
        await rig.RunAsync(24);
        Assert.All(rig.Store.List(), e => Assert.True(e.Attempts[^1].MaxFee >= 150 * Gwei));
    }

    [Fact]
    public async Task Urgent_WithAllPlacesTaken_SignedAllTheSame()
    {
        using OutboxRig rig = new();
        for (int i = 0; i < 20; i++)
        {
            await rig.SubmitAsync(OutboxRig.Request($"{i}"));
        }

        await rig.RunAsync(1);
        Assert.Equal(16, rig.Chain.Offered.Count);
        await rig.SubmitAsync(OutboxRig.Request("urgent") with { IsUrgent = true });
        await rig.RunAsync(1);
        Assert.Equal(17, rig.Chain.Offered.Count);
        Assert.NotNull(rig.Store.List()[^1].Nonce);
    }
}
