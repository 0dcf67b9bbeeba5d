using System;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain.Tests;

/// <summary>Redemptions that were right when they were made, and no longer are.</summary>
[Trait("Category", "load")]
public sealed partial class SettlementTests
{
    [AnvilFact(NeedsContracts = true)]
    public async Task Redeem_SettledWhileItWaits_SignedWithTheGasOfToday()
    {
        await EarnAsync();
        using Bench bench = await BenchAsync(channels: 1);
        Assert.Single(await bench.Redeemer.StepAsync(true, default));
        await SettleAsync();
        OutboxChange final = await FinishAsync(bench);
        Assert.Equal(OutboxOutcome.Succeeded, final.Entry.Outcome);
        Assert.Single(final.Entry.Attempts);
    }

    [AnvilFact(NeedsContracts = true)]
    public async Task Redeem_SettledInTheSameBlockBefore_GasEnough()
    {
        await EarnAsync();
        using Bench bench = await BenchAsync(channels: 1);
        await bench.Redeemer.StepAsync(true, default);
        await WithoutMiningAsync(async () =>
        {
            await bench.Outbox.StepAsync(default);
            Assert.Equal(OutboxState.Sent, bench.Rows.List()[0].State);
            await SendDearAsync(chain.Provider, VouchersContract.Settle(
                chain.Token.Address, chain.Provider.Address));
            await chain.Anvil.MineAsync();
        });
        Assert.Equal(2_000_000UL, await EarnedAsync());
        OutboxChange final = await FinishAsync(bench);
        Assert.Equal(OutboxOutcome.Succeeded, final.Entry.Outcome);
    }

    [AnvilFact(NeedsContracts = true)]
    public async Task Redeem_DoneBySomebodyWhileItWaits_EndsUnsigned()
    {
        using Bench bench = await BenchAsync(channels: 2);
        await bench.Redeemer.StepAsync(true, default);
        await chain.SendAsync(chain.Deployer, chain.Vouchers.Address, AllRows(bench));
        await StepAsync(bench.Mirror);
        Assert.Empty(await bench.Redeemer.StepAsync(true, default));
        OutboxChange ended = Assert.Single(await bench.Outbox.StepAsync(default));
        Assert.Equal(OutboxOutcome.Cancelled, ended.Entry.Outcome);
        Assert.Equal(
            0UL, await chain.Rpc.NonceAsync(bench.Node.Address, BlockTag.Latest, default));
    }

    [AnvilFact(NeedsContracts = true)]
    public async Task Redeem_DoneBySomebodyJustBefore_IsNoSuccess()
    {
        using Bench bench = await BenchAsync(channels: 1);
        await bench.Redeemer.StepAsync(true, default);
        await WithoutMiningAsync(async () =>
        {
            await bench.Outbox.StepAsync(default);
            await SendDearAsync(chain.Deployer, AllRows(bench));
            await chain.Anvil.MineAsync();
        });
        OutboxChange final = await FinishAsync(bench);
        Assert.Equal(OutboxOutcome.NoEffect, final.Entry.Outcome);
    }

    [AnvilFact(NeedsContracts = true)]
    public async Task Redeem_RowsOfNoValue_NeverInABatch()
    {
        // 499 units at 2 base units for 1,000: nothing.
        using Bench dust = await BenchAsync(channels: 2, units: 499);
        Assert.Empty(await dust.Redeemer.StepAsync(true, default));
        _clock.Advance(86_401);
        Assert.Empty(await dust.Redeemer.StepAsync(false, default));
        await chain.SendAsync(
            chain.Holder,
            chain.Vouchers.Address,
            VouchersContract.Thaw(chain.Class, dust.Terms[0]));
        await StepAsync(dust.Mirror);
        Assert.Empty(await dust.Redeemer.StepAsync(false, default));
        Assert.Equal(2, dust.Redeemer.Due().Count);
    }

    [AnvilFact(NeedsContracts = true)]
    public async Task Redeem_RowsBelowTheirOwnGas_LeftOut()
    {
        RedeemerOptions priced = new() { WeiPerTokenUnit = 1_000_000_000_000 };
        using Bench bench = await BenchAsync(channels: 2, options: priced);
        (Ack ack, Signature signature) = chain.Acknowledge(bench.Terms[1], 1_000);
        bench.Store.SetAck(ack, signature);
        OutboxEntry item = Assert.Single(await bench.Redeemer.StepAsync(false, default));
        RedeemedUnits only = Assert.Single(item.Request.Purpose!.Channels);
        Assert.Equal(bench.Terms[0].HashStruct(), only.Channel);
    }

    [AnvilFact(NeedsContracts = true)]
    public async Task Redeem_WaitsUnderItsCap_ThawSendsItAtOnce()
    {
        using Bench bench = await BenchAsync(
            channels: 1, limits: new FeeLimits { TransactionMax = 1 });
        await bench.Redeemer.StepAsync(true, default);
        for (int i = 0; i < 100; i++)
        {
            await bench.Outbox.StepAsync(default);
            _clock.Advance(1);
            await bench.Redeemer.StepAsync(true, default);
        }

        OutboxEntry waiting = Assert.Single(bench.Outbox.Open);
        Assert.Equal(OutboxState.Intent, waiting.State);
        Assert.True(waiting.Id > 1, "not made anew");
        await chain.SendAsync(
            chain.Holder,
            chain.Vouchers.Address,
            VouchersContract.Thaw(chain.Class, bench.Terms[0]));
        await StepAsync(bench.Mirror);
        Assert.False(Assert.Single(bench.Redeemer.Due()).InFlight);
        Assert.Single(await bench.Redeemer.StepAsync(false, default));
        OutboxChange final = await FinishAsync(bench);
        Assert.Equal(OutboxOutcome.Succeeded, final.Entry.Outcome);
        Assert.Equal(
            1UL, await chain.Rpc.NonceAsync(bench.Node.Address, BlockTag.Latest, default));
    }

    [AnvilFact(NeedsContracts = true)]
    public async Task Redeem_KeyChanged_NotDoubledUnlessItIsUrgent()
    {
        using Bench bench = await BenchAsync(channels: 1);
        await bench.Redeemer.StepAsync(true, default);
        await WithoutMiningAsync(async () =>
        {
            await bench.Outbox.StepAsync(default);
            using Outbox second = new(
                chain.Rpc, bench.Rows, chain.Deployer, AnvilFixture.Options(), _clock);
            Redeemer redeemer = RedeemerOf(bench.Store, second);
            Assert.Empty(await redeemer.StepAsync(true, default));
            await second.StepAsync(default);
            Assert.Contains("former key", second.Problem, StringComparison.Ordinal);
            Assert.True(Assert.Single(redeemer.Due()).InFlight);

            // Nobody can raise its fee: a thaw does not rely on it.
            ChannelRow row = bench.Store.Row(bench.Terms[0].HashStruct());
            await bench.Store.PutChannelAsync(row with { ThawAt = 1_900_000_000 });
            Assert.Single(await redeemer.StepAsync(false, default));
        });
    }

    private byte[] AllRows(Bench bench) => VouchersContract.RedeemBatch(
        chain.Class, bench.Node.Address, [.. bench.Store.States()
            .Select(s => RedeemRow.From(s.Row.Terms, s.Ack!.Value, s.AckSignature))]);

    /// <summary>The provider has something to settle, and has settled nothing.</summary>
    private async Task EarnAsync()
    {
        using Bench earned = await BenchAsync(channels: 1);
        await chain.SendAsync(chain.Deployer, chain.Vouchers.Address, AllRows(earned));
        Assert.NotEqual(UInt256.Zero, await EarnedAsync());
    }

    private Task<TransactionReceipt> SettleAsync() => chain.SendAsync(
        chain.Provider,
        chain.Vouchers.Address,
        VouchersContract.Settle(chain.Token.Address, chain.Provider.Address));

    /// <summary>Into the pool, before everything else in it.</summary>
    private async Task SendDearAsync(PrivateKey key, byte[] data)
    {
        Transaction dear = new()
        {
            ChainId = AnvilFixture.ChainId,
            Nonce = await chain.Rpc.NonceAsync(key.Address, BlockTag.Latest, default),
            MaxFeePerGas = 900_000_000_000,
            MaxPriorityFeePerGas = 90_000_000_000,
            GasLimit = 1_000_000,
            To = chain.Vouchers.Address,
            Data = data,
        };
        await chain.Rpc.SendRawAsync(dear.Sign(key), default);
    }

    private async Task WithoutMiningAsync(Func<Task> body)
    {
        await chain.Anvil.RpcAsync("evm_setAutomine", "false");
        try
        {
            await body();
        }
        finally
        {
            await chain.Anvil.RpcAsync("evm_setAutomine", "true");
            await chain.Anvil.MineAsync();
        }
    }
}
