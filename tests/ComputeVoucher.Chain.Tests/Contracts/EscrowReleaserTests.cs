using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain.Tests;

/// <summary>A node ends its own escrow on the real contract: what has matured, once, and when it is
/// worth the gas.</summary>
[Trait("Category", "load")]
public sealed class EscrowReleaserTests(VouchersFixture chain)
    : IClassFixture<VouchersFixture>, IAsyncLifetime
{
    private const ulong Units = 1_000_000_000;

    /// <summary>Base units that each spend pays, at the class's price.</summary>
    private const ulong Paid = 2_000_000;

    /// <summary>In escrow, in a class without a window: the contract's ORDER_HORIZON.</summary>
    private const ulong HorizonSeconds = 3 * 86_400;

    /// <summary>Between two looks, as the releaser has it, and a second.</summary>
    private const int LookSeconds = 601;

    private readonly ManualClock _clock = new();
    private string _before = "";

    /// <summary>Each test finds the chain without the batches of the others.</summary>
    public async Task InitializeAsync() =>
        _before = (await chain.Anvil.RpcAsync("evm_snapshot")).GetString()!;

    public Task DisposeAsync() => chain.Anvil.RpcAsync("evm_revert", $"\"{_before}\"");

    [AnvilFact(NeedsContracts = true)]
    public async Task Matured_IsReleasedOnce_WhenItIsWorthItsGas()
    {
        VoucherClass terms = chain.Class with { Court = chain.Deployer.Address };
        await chain.SendAsync(chain.Holder, chain.Vouchers.Address,
            VouchersContract.Mint(terms, 10 * Units, chain.Holder.Address));
        using PrivateKey node = await chain.NewNodeAsync();
        ChannelTerms channel = chain.NewTerms(node) with { ClassId = terms.HashStruct() };
        for (int i = 0; i < 2; i++)
        {
            await chain.SendAsync(chain.Holder, chain.Vouchers.Address,
                VouchersContract.Spend(terms, channel, Units));
        }

        using Outbox outbox = new(
            chain.Rpc, new DyingOutboxStore(), node, AnvilFixture.Options(), _clock);
        EscrowReleaser dear = Of(outbox, new RedeemerOptions { WeiPerTokenUnit = 1 });
        EscrowReleaser worth = Of(
            outbox, new RedeemerOptions { WeiPerTokenUnit = 1_000_000_000_000 });
        Assert.Empty(await StepAsync(worth));
        ulong maturesAt = worth.Figures.NextAt!.Value;
        Assert.Equal(
            ((UInt128)0, (UInt128)(2 * Paid)), (worth.Figures.Matured, worth.Figures.Waiting));

        await PassAsync(maturesAt + 60);
        // No look is due yet.
        Assert.Empty(await StepAsync(worth));
        _clock.Advance(LookSeconds);
        Assert.Empty(await StepAsync(dear));
        Assert.Equal((UInt128)(2 * Paid), dear.Figures.Matured);
        OutboxEntry row = Assert.Single(await StepAsync(worth));
        Assert.Equal(VouchersContract.Release([1, 2]), row.Request.Data);

        // While it is on its way nothing is asked for again.
        _clock.Advance(LookSeconds);
        Assert.Empty(await StepAsync(worth));
        await FinishAsync(outbox);
        Assert.Equal((UInt256)(2 * Paid), await EarnedAsync(terms));
        _clock.Advance(LookSeconds);
        Assert.Empty(await StepAsync(worth));
        Assert.Equal(new EscrowFigures(0, 0, null), worth.Figures);
        Assert.Equal(1, worth.Released);

        await WithoutAPriceAsync(outbox, terms, channel);
    }

    /// <summary>A day after it matured, where nobody says what a token is worth; and never where
    /// the node does not redeem by itself.</summary>
    private async Task WithoutAPriceAsync(
        Outbox outbox, VoucherClass terms, ChannelTerms channel)
    {
        await chain.SendAsync(chain.Holder, chain.Vouchers.Address,
            VouchersContract.Spend(terms, channel, Units));
        EscrowReleaser byAge = Of(outbox, new RedeemerOptions());
        EscrowReleaser off = Of(outbox, new RedeemerOptions
        {
            IsAutomatic = false, WeiPerTokenUnit = 1_000_000_000_000,
        });
        Assert.Empty(await StepAsync(byAge));
        ulong maturesAt = byAge.Figures.NextAt!.Value;
        await PassAsync(maturesAt + 86_400 - 60);
        _clock.Advance(LookSeconds);
        Assert.Empty(await StepAsync(byAge));
        await PassAsync(maturesAt + 86_400 + 60);
        _clock.Advance(LookSeconds);
        Assert.Empty(await StepAsync(off));
        Assert.Equal((UInt128)Paid, off.Figures.Matured);
        OutboxEntry row = Assert.Single(await StepAsync(byAge));
        Assert.Equal(VouchersContract.Release([3]), row.Request.Data);
    }

    /// <summary>More than a transaction takes, and older than what is worth something: anybody can
    /// leave it there.</summary>
    [AnvilFact(NeedsContracts = true)]
    public async Task Dust_IsLeft_AndKeepsNothingWaiting()
    {
        VoucherClass terms = chain.Class with { Court = chain.Deployer.Address };
        await chain.SendAsync(chain.Holder, chain.Vouchers.Address,
            VouchersContract.Mint(terms, 10 * Units, chain.Holder.Address));
        using PrivateKey node = await chain.NewNodeAsync();
        ChannelTerms channel = chain.NewTerms(node) with { ClassId = terms.HashStruct() };
        using Outbox outbox = new(
            chain.Rpc, new DyingOutboxStore(), node, AnvilFixture.Options(), _clock);
        ulong before = await CountAsync();
        for (int i = 0; i < ChainLimits.ReleaseBatchesMax; i++)
        {
            await SpendAsync(terms, channel, Units / Paid);
        }

        await SpendAsync(terms, channel, Units / 2);
        await SpendAsync(terms, channel, Units);
        ulong count = await CountAsync();
        Assert.Equal(before + ChainLimits.ReleaseBatchesMax + 2, count);
        await PassAsync(await NowAsync() + HorizonSeconds + (2 * 86_400));

        // A base unit is worth less than the gas of its batch.
        EscrowReleaser priced = Of(
            outbox, new RedeemerOptions { WeiPerTokenUnit = 1_000_000_000_000 });
        OutboxEntry row = Assert.Single(await StepAsync(priced));
        Assert.Equal(VouchersContract.Release([count, count - 1]), row.Request.Data);
        await FinishAsync(outbox);
        _clock.Advance(LookSeconds);
        Assert.Empty(await StepAsync(priced));
        Assert.Equal((UInt128)ChainLimits.ReleaseBatchesMax, priced.Figures.Matured);

        // Without a price the most valuable go first as well.
        await SpendAsync(terms, channel, Units);
        await PassAsync(await NowAsync() + HorizonSeconds + (2 * 86_400));
        EscrowReleaser byAge = Of(outbox, new RedeemerOptions());
        row = Assert.Single(await StepAsync(byAge));
        ulong[] ids = new ulong[ChainLimits.ReleaseBatchesMax];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = i == 0 ? count + 1 : before + (ulong)i;
        }

        Assert.Equal(VouchersContract.Release(ids), row.Request.Data);
    }

    /// <summary>What a block says that the chain then takes back is unsaid.</summary>
    [AnvilFact(NeedsContracts = true)]
    public async Task Reorganisation_WhatItBringsBackIsReleased()
    {
        VoucherClass terms = chain.Class with { Court = chain.Deployer.Address };
        await chain.SendAsync(chain.Holder, chain.Vouchers.Address,
            VouchersContract.Mint(terms, 10 * Units, chain.Holder.Address));
        using PrivateKey node = await chain.NewNodeAsync();
        ChannelTerms channel = chain.NewTerms(node) with { ClassId = terms.HashStruct() };
        using Outbox outbox = new(
            chain.Rpc, new DyingOutboxStore(), node, AnvilFixture.Options(), _clock);
        await SpendAsync(terms, channel, Units);
        ulong id = await CountAsync();
        await PassAsync(await NowAsync() + HorizonSeconds + 60);
        EscrowReleaser releaser = Of(
            outbox, new RedeemerOptions { WeiPerTokenUnit = 1_000_000_000_000 });

        string fork = (await chain.Anvil.RpcAsync("evm_snapshot")).GetString()!;
        await chain.SendAsync(
            chain.Holder, chain.Vouchers.Address, VouchersContract.Release([id]));
        Assert.Empty(await StepAsync(releaser));
        await chain.Anvil.RpcAsync("evm_revert", $"\"{fork}\"");
        await PassAsync(await NowAsync() + 60);
        await chain.Anvil.MineAsync(5);

        _clock.Advance(LookSeconds);
        OutboxEntry row = Assert.Single(await StepAsync(releaser));
        Assert.Equal(VouchersContract.Release([id]), row.Request.Data);
    }

    private Task<TransactionReceipt> SpendAsync(
        VoucherClass terms, ChannelTerms channel, ulong units) => chain.SendAsync(
            chain.Holder, chain.Vouchers.Address, VouchersContract.Spend(terms, channel, units));

    private Task<ulong> CountAsync() =>
        chain.Vouchers.BatchCountAsync(BlockTag.Latest, default);

    private EscrowReleaser Of(Outbox outbox, RedeemerOptions options) => new(
        chain.Rpc, chain.Vouchers.Address, _ => Task.FromResult(chain.Provider.Address),
        [chain.Class.Token], outbox, options, _clock);

    private async Task<List<OutboxEntry>> StepAsync(EscrowReleaser releaser)
    {
        List<OutboxEntry> submitted = [];
        await releaser.StepAsync(
            (await chain.Rpc.BlockAsync(BlockTag.Latest, default))!, submitted, default);
        return submitted;
    }

    private async Task<ulong> NowAsync() =>
        (await chain.Rpc.BlockAsync(BlockTag.Latest, default))!.Timestamp;

    /// <summary>The chain's clock reaches a moment.</summary>
    private async Task PassAsync(ulong at)
    {
        ulong now = await NowAsync();
        await chain.Anvil.RpcAsync("evm_increaseTime", $"{at - now}");
        await chain.Anvil.MineAsync();
    }

    private Task FinishAsync(Outbox outbox) => Patience.UntilAsync(async () =>
    {
        await outbox.StepAsync(default);
        await chain.Anvil.MineAsync();
        return outbox.Open.Count == 0;
    }, () => outbox.Problem ?? "the release is not final");

    private Task<UInt256> EarnedAsync(VoucherClass terms) => chain.Vouchers.EarnedAsync(
        chain.Provider.Address, terms.Token, BlockTag.Latest, default);
}
