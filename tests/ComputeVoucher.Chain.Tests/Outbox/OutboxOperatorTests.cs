using System;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Chain.Tests;

/// <summary>What an operator wants of one row: more paid for it, or its end.</summary>
[Trait("Category", "load")]
public sealed class OutboxOperatorTests
{
    private const ulong Gwei = ScriptedChain.Gwei;

    [Theory]
    [InlineData(Gwei, 3_375_000_000UL, 1_125_000_000UL)]
    [InlineData(4 * Gwei, 9 * Gwei, 1_125_000_000UL)]
    public async Task Bump_OfWhatIsOut_OnceAtTheNextBlock(ulong baseFee, ulong maxFee, ulong tip)
    {
        using OutboxRig rig = new();
        await rig.SubmitAsync(OutboxRig.Request());
        await rig.RunAsync(2);
        rig.Chain.BaseFee = baseFee;
        OutboxEntry asked = await rig.Outbox.BumpAsync(1, default);
        Assert.Equal(OutboxState.Sent, asked.State);
        await rig.RunAsync(2);
        Assert.Single(rig.Row.Attempts);
        rig.Chain.Head++;
        await rig.RunAsync(1);
        Assert.Equal(2, rig.Row.Attempts.Count);
        Assert.Equal((0UL, 0UL), (rig.Row.Attempts[0].Nonce, rig.Row.Attempts[1].Nonce));
        Transaction sent = rig.Chain.Offered[^1];
        Assert.Equal((UInt256)tip, sent.MaxPriorityFeePerGas);
        Assert.Equal((UInt256)maxFee, sent.MaxFeePerGas);
        rig.Chain.Head++;
        await rig.RunAsync(2);
        Assert.Equal(2, rig.Row.Attempts.Count);
    }

    [Fact]
    public async Task Bump_BehindAnother_TouchesThatRowAlone()
    {
        using OutboxRig rig = new();
        await rig.SubmitAsync(OutboxRig.Request("a"));
        await rig.SubmitAsync(OutboxRig.Request("b"));
        await rig.RunAsync(1);
        await rig.Outbox.BumpAsync(2, default);
        rig.Chain.Head++;
        await rig.RunAsync(1);
        Assert.Equal((1, 2), (rig.Store.List()[0].Attempts.Count,
            rig.Store.List()[1].Attempts.Count));
    }

    [Fact]
    public async Task Bump_AboveTheCap_WaitsForIt()
    {
        using OutboxRig rig = new(new FeeLimits { GasPriceMax = 3 * Gwei });
        await rig.SubmitAsync(OutboxRig.Request());
        await rig.RunAsync(1);
        await rig.Outbox.BumpAsync(1, default);
        rig.Chain.Head++;
        await rig.RunAsync(2);
        Assert.Single(rig.Row.Attempts);
        Assert.Contains("gas costs more than", rig.Outbox.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bump_OfWhatNobodyTook_SignedAnewBeforeThePriceMoves()
    {
        using OutboxRig rig = new();
        rig.Chain.Refuse = _ => "intrinsic gas too low";
        await rig.SubmitAsync(OutboxRig.Request());
        await rig.RunAsync(30);
        Assert.Equal(OutboxState.Signed, rig.Row.State);
        Assert.Single(rig.Row.Attempts);
        await rig.Outbox.BumpAsync(1, default);
        rig.Chain.Head++;
        await rig.RunAsync(1);
        Assert.Equal(2, rig.Row.Attempts.Count);
        Assert.Equal((UInt128)3_375_000_000, rig.Row.Attempts[1].MaxFee);
    }

    [Fact]
    public async Task Bump_OfWhatCannotBe_IsRefusedInOneLine()
    {
        using OutboxRig rig = new(confirmations: 8);
        await AssertRefusedAsync("no such transaction", () => rig.Outbox.BumpAsync(7, default));
        await rig.SubmitAsync(OutboxRig.Request());
        await AssertRefusedAsync(
            "nothing is signed yet", () => rig.Outbox.BumpAsync(1, default));
        await rig.RunAsync(1);
        using PrivateKey other = PrivateKey.Parse(AnvilProcess.Keys[1]);
        rig.Reopen(other);
        await AssertRefusedAsync("former key", () => rig.Outbox.BumpAsync(1, default));
        await AssertRefusedAsync("former key", () => rig.Outbox.CancelAsync(1, default));
        rig.Reopen(rig.Key);
        rig.Chain.Mine(rig.Row.Attempts[^1].TxHash, rig.Key.Address, Address.Zero);
        await rig.RunAsync(1);
        Assert.Equal(OutboxState.Mined, rig.Row.State);
        await AssertRefusedAsync("mined already", () => rig.Outbox.BumpAsync(1, default));
        await AssertRefusedAsync("mined already", () => rig.Outbox.CancelAsync(1, default));
    }

    [Fact]
    public async Task Bump_OfWhatIsNotNeeded_IsRefused()
    {
        using OutboxRig rig = new();
        await rig.SubmitAsync(OutboxRig.Request());
        await rig.RunAsync(1);
        rig.Outbox.Judge = _ => new Judgement(false, null, "redeemed already");
        await rig.RunAsync(1);
        await AssertRefusedAsync("redeemed already", () => rig.Outbox.BumpAsync(1, default));
    }

    [Fact]
    public async Task Cancel_OfAnIntent_EndsItForGoodAndItsKeyIsFree()
    {
        using OutboxRig rig = new(new FeeLimits { GasPriceMax = 0 });
        await rig.SubmitAsync(OutboxRig.Request());
        await rig.RunAsync(1);
        Assert.Equal(OutboxState.Intent, rig.Row.State);
        OutboxEntry ended = await rig.Outbox.CancelAsync(1, default);
        Assert.Equal((OutboxState.Abandoned, OutboxOutcome.Cancelled),
            (ended.State, ended.Outcome));
        rig.Reopen(rig.Key);
        Assert.Empty(rig.Outbox.Open);
        Assert.Equal(OutboxOutcome.Cancelled, rig.Row.Outcome);
        Assert.Equal(2, (await rig.SubmitAsync(OutboxRig.Request())).Id);
        await AssertRefusedAsync(
            "no such transaction", () => rig.Outbox.CancelAsync(1, default));
    }

    [Fact]
    public async Task Cancel_OfWhatIsSigned_IsRefusedWithTheRemedy()
    {
        using OutboxRig rig = new();
        await rig.SubmitAsync(OutboxRig.Request());
        await rig.RunAsync(1);
        await AssertRefusedAsync(
            "wait for it, or bump", () => rig.Outbox.CancelAsync(1, default));
        Assert.Equal(OutboxState.Sent, rig.Row.State);
    }

    private static async Task AssertRefusedAsync(string words, Func<Task> ask)
    {
        ChainException refused = await Assert.ThrowsAsync<ChainException>(ask);
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }
}
