using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain.Tests;

/// <summary>Mirror, batches and redeemer against the real contracts.</summary>
[Collection("anvil settlement")]
[Trait("Category", "load")]
public sealed partial class SettlementTests(VouchersFixture chain) : IClassFixture<VouchersFixture>
{
    private readonly ManualClock _clock = new();

    [AnvilFact(NeedsContracts = true)]
    public async Task Contracts_Reads_AgreeWithOurOwnNumbers()
    {
        Bytes32 classId = chain.Class.HashStruct();
        Assert.Equal(
            chain.Providers.Address,
            await chain.Vouchers.ProvidersAsync(BlockTag.Latest, default));
        UInt256 minted = await chain.Vouchers.MintedAsync(classId, BlockTag.Latest, default);
        Assert.True(minted > UInt256.Zero);
        Assert.Equal(
            (UInt256)2_000_000UL,
            await chain.Vouchers.QuoteAsync(chain.Class, 1_000_000_000, BlockTag.Latest, default));
        ChainException revert = await Assert.ThrowsAsync<ChainException>(() => chain.Rpc.CallAsync(
            new CallRequest(
                chain.Spender.Address,
                chain.Vouchers.Address,
                VouchersContract.Mint(chain.Class, 0, chain.Spender.Address)),
            BlockTag.Latest,
            default));
        Assert.Equal(ChainFault.Reverted, revert.Fault);
        Assert.Contains("the number of units is zero", revert.Message, StringComparison.Ordinal);
    }

    [AnvilFact(NeedsContracts = true)]
    public async Task Mint_WithPermit_PaysWithoutApproval()
    {
        UInt256 cost = 2_000_000UL;
        await chain.SendAsync(
            chain.Spender, chain.Token.Address, Erc20Contract.Mint(chain.Spender.Address, cost));
        UInt256 nonce = await chain.Token.NonceAsync(
            chain.Spender.Address, BlockTag.Latest, default);
        Bytes32 permit = Erc20Contract.PermitHash(
            chain.Spender.Address, chain.Vouchers.Address, cost, nonce, ulong.MaxValue);
        Bytes32 domain = await chain.Token.DomainSeparatorAsync(BlockTag.Latest, default);
        Signature signature = chain.Spender.Sign(Eip712.Digest(domain, permit));
        await chain.SendAsync(
            chain.Spender,
            chain.Vouchers.Address,
            VouchersContract.MintWithPermit(
                chain.Class, 1_000_000_000, chain.Spender.Address, ulong.MaxValue, signature));
        Assert.Equal(
            (UInt256)1_000_000_000UL,
            await chain.Vouchers.BalanceAsync(
                chain.Spender.Address, chain.Class.HashStruct(), BlockTag.Latest, default));
    }

    [AnvilFact(NeedsContracts = true)]
    public async Task Mirror_OpenTopUpClose_GainsWhenFinalLossesWhenSeen()
    {
        using PrivateKey node = await chain.NewNodeAsync();
        MemoryMirrorStore store = new();
        ChannelMirror mirror = Mirror(store, node);
        ChannelTerms terms = chain.NewTerms(node);
        Bytes32 id = terms.HashStruct();
        await chain.OpenAsync(terms, 1000);
        await StepAsync(mirror);
        Assert.Equal(ChannelStatus.Pending, store.Row(id).Status);
        Assert.Equal(UInt128.Zero, store.Row(id).Locked);

        await chain.Anvil.MineAsync(3);
        await StepAsync(mirror);
        Assert.Equal(ChannelStatus.Open, store.Row(id).Status);
        Assert.Equal((UInt128)1000, store.Row(id).Locked);
        Assert.Equal(terms, store.Row(id).Terms);

        await chain.SendAsync(
            chain.Holder, chain.Vouchers.Address, VouchersContract.TopUp(chain.Class, terms, 500));
        await StepAsync(mirror);
        Assert.Equal((UInt128)1000, store.Row(id).Locked);
        await chain.Anvil.MineAsync(3);
        await StepAsync(mirror);
        Assert.Equal((UInt128)1500, store.Row(id).Locked);

        (Ack ack, Signature ackSignature) = chain.Acknowledge(terms, 700);
        await chain.SendAsync(
            chain.Holder,
            chain.Vouchers.Address,
            VouchersContract.Close(
                chain.Class, terms, ack, ackSignature, chain.SignRelease(node, terms, 700)));
        MirrorStep ended = await StepAsync(mirror);
        Assert.Equal(ChannelStatus.Closed, store.Row(id).Status);
        Assert.Equal((UInt128)700, store.Row(id).Redeemed);
        Assert.Empty(ended.Thawing);
    }

    /// <summary>Whoever opens another's channel before him gives him units, and no trouble.
    /// </summary>
    [AnvilFact(NeedsContracts = true)]
    public async Task Mirror_OpenedByAStrangerFirst_GrantsWhatBothLocked()
    {
        using PrivateKey node = await chain.NewNodeAsync();
        MemoryMirrorStore store = new();
        ChannelMirror mirror = Mirror(store, node);
        ChannelTerms terms = chain.NewTerms(node);
        await chain.SendAsync(chain.Holder, chain.Vouchers.Address, VouchersContract.Transfer(
            chain.Holder.Address, chain.Deployer.Address, chain.Class.HashStruct(), 1));
        await chain.SendAsync(
            chain.Deployer, chain.Vouchers.Address, VouchersContract.Open(chain.Class, terms, 1));
        await chain.OpenAsync(terms, 1000);
        await chain.Anvil.MineAsync(3);
        await StepAsync(mirror);
        Assert.Equal(terms, store.Row(terms.HashStruct()).Terms);
        Assert.Equal((UInt128)1001, store.Row(terms.HashStruct()).Locked);
    }

    [AnvilFact(NeedsContracts = true)]
    public async Task Mirror_ThawSeenThenReorganised_ForgottenAgain()
    {
        using PrivateKey node = await chain.NewNodeAsync();
        MemoryMirrorStore store = new();
        ChannelTerms terms = chain.NewTerms(node);
        Bytes32 id = terms.HashStruct();
        await chain.OpenAsync(terms, 1000);
        await chain.Anvil.MineAsync(12);
        ChannelMirror mirror = Mirror(store, node, confirmations: 10);
        await StepAsync(mirror);
        await chain.SendAsync(
            chain.Holder, chain.Vouchers.Address, VouchersContract.Thaw(chain.Class, terms));
        MirrorStep seen = await StepAsync(mirror);
        Assert.Equal(id, Assert.Single(seen.Thawing).Terms.HashStruct());
        Assert.NotEqual(0UL, store.Row(id).ThawAt);
        Assert.Equal((UInt128)1000, store.Row(id).Locked);

        // Across a restart in between: what was seen at the old head is looked at again.
        await chain.Anvil.RpcAsync("anvil_reorg", "3,[]");
        mirror = Mirror(store, node, confirmations: 10);
        await StepAsync(mirror);
        Assert.Equal(0UL, store.Row(id).ThawAt);
        Assert.Equal(ChannelStatus.Open, store.Row(id).Status);
    }

    [AnvilFact(NeedsContracts = true)]
    public async Task Mirror_ColdStart_SameRowsAsFollowing()
    {
        using PrivateKey node = await chain.NewNodeAsync();
        MemoryMirrorStore followed = new();
        ChannelMirror mirror = Mirror(followed, node);
        List<Bytes32> ids = [];
        for (ulong i = 1; i <= 5; i++)
        {
            ChannelTerms terms = chain.NewTerms(node);
            ids.Add(terms.HashStruct());
            await chain.OpenAsync(terms, 100 * i);
            await StepAsync(mirror);
        }

        await chain.Anvil.MineAsync(3);
        await StepAsync(mirror);
        MemoryMirrorStore cold = new();
        ChannelMirror late = new(
            chain.Rpc,
            chain.Vouchers,
            cold,
            node.Address,
            new MirrorOptions { LogBlocksMax = 3 });
        await StepAsync(late);
        Assert.Equal(5, late.Count);
        Assert.All(ids, id => Assert.Equal(followed.Row(id), cold.Row(id)));
    }

    [AnvilFact(NeedsContracts = true)]
    public async Task Redeem_GoodAndBadRows_GoodOnesPaidOnceAndReported()
    {
        Bench bench = await BenchAsync(channels: 4);
        (Ack forged, _) = chain.Acknowledge(bench.Terms[3], 900);
        bench.Store.SetAck(forged, chain.Acknowledge(bench.Terms[2], 900).Signature);
        UInt256 before = await EarnedAsync();

        OutboxEntry item = Assert.Single(await bench.Redeemer.StepAsync(true, default));
        Assert.Contains("1 rows would do", bench.Redeemer.Problem, StringComparison.Ordinal);
        Assert.Equal(3, bench.Redeemer.Due().Count(d => d.InFlight));
        Assert.DoesNotContain(
            await bench.Redeemer.StepAsync(true, default), other => other.Id != item.Id);

        OutboxChange final = await FinishAsync(bench);
        Assert.Equal(OutboxOutcome.Succeeded, final.Entry.Outcome);
        Assert.True(BatchRedeemedEvent.TryFind(
            final.Receipt!, chain.Vouchers.Address, out BatchRedeemedEvent redeemed));
        Assert.Equal((UInt256)7UL, redeemed.Bitmap);
        Assert.Equal(chain.Provider.Address, redeemed.Provider);

        await StepAsync(bench.Mirror);
        Assert.Single(bench.Redeemer.Due());
        Assert.All(bench.Terms[..3], t =>
            Assert.Equal((UInt128)1_000_000_000, bench.Store.Row(t.HashStruct()).Redeemed));
        Assert.Equal(before + 3 * 2_000_000UL, await EarnedAsync());
        bench.Dispose();
    }

    [AnvilFact(NeedsContracts = true)]
    public async Task Redeem_ReorganisedAway_PaidOnceInTheEnd()
    {
        Bench bench = await BenchAsync(channels: 2, confirmations: 8);
        UInt256 before = await EarnedAsync();
        await bench.Redeemer.StepAsync(true, default);
        await Patience.UntilAsync(async () =>
        {
            await bench.Outbox.StepAsync(default);
            return bench.Outbox.Open[0].State == OutboxState.Mined;
        });

        await StepAsync(bench.Mirror);
        Assert.Empty(bench.Redeemer.Due());
        await chain.Anvil.RpcAsync("anvil_reorg", "2,[]");
        Assert.Equal(before, await EarnedAsync());
        await StepAsync(bench.Mirror);
        Assert.Equal(2, bench.Redeemer.Due().Count);

        // Due again, but the same bytes are still on their way: no second transaction.
        Assert.All(bench.Redeemer.Due(), d => Assert.True(d.InFlight));
        OutboxChange final = await FinishAsync(bench);
        Assert.Equal(OutboxOutcome.Succeeded, final.Entry.Outcome);
        await StepAsync(bench.Mirror);
        Assert.Empty(bench.Redeemer.Due());
        Assert.Equal(before + 2 * 2_000_000UL, await EarnedAsync());
        bench.Dispose();
    }

    [AnvilFact(NeedsContracts = true)]
    public async Task Redeem_GasBelowOneBatch_HalvedUntilItFits()
    {
        using Bench bench = await BenchAsync(channels: 9);
        RedeemRow[] rows = [.. bench.Store.States()
            .Select(s => RedeemRow.From(s.Row.Terms, s.Ack!.Value, s.AckSignature))];
        BatchBuilder whole = new(chain.Rpc, chain.Vouchers, bench.Node.Address);
        BatchPlan one = await whole.BuildAsync(chain.Class, bench.Node.Address, rows, default);
        RedeemBatch all = Assert.Single(one.Batches);
        BatchBuilder tight = new(
            chain.Rpc, chain.Vouchers, bench.Node.Address, gasMax: all.GasLimit * 3 / 4);
        BatchPlan parts = await tight.BuildAsync(chain.Class, bench.Node.Address, rows, default);
        Assert.True(parts.Batches.Count > 1);
        Assert.Empty(parts.LeftOut);
        Assert.Equal(rows, parts.Batches.SelectMany(b => b.Rows));
        Assert.All(parts.Batches, b => Assert.True(b.GasLimit <= all.GasLimit * 3 / 4));

        // A node that never joined: one line for the batch, not one per row.
        BatchPlan none = await whole.BuildAsync(
            chain.Class, chain.Spender.Address, rows, default);
        Assert.Empty(none.Batches);
        Assert.Contains(
            "has not joined a provider", Assert.Single(none.LeftOut), StringComparison.Ordinal);
    }

    [AnvilFact(NeedsContracts = true)]
    public async Task Redeemer_Triggers_ValueAgeAndThaw()
    {
        // Worth nothing to speak of: waits.
        RedeemerOptions poor = new() { WeiPerTokenUnit = 1 };
        using Bench waiting = await BenchAsync(channels: 1, options: poor);
        Assert.Empty(await waiting.Redeemer.StepAsync(false, default));
        _clock.Advance(86_399);
        Assert.Empty(await waiting.Redeemer.StepAsync(false, default));
        _clock.Advance(1);
        Assert.Empty(await waiting.Redeemer.StepAsync(false, default));

        // The same, and nobody says what a token is worth: the age decides.
        using Bench unpriced = await BenchAsync(channels: 1);
        Assert.Empty(await unpriced.Redeemer.StepAsync(false, default));
        _clock.Advance(86_400);
        Assert.Single(await unpriced.Redeemer.StepAsync(false, default));

        // Worth many times the gas: at once.
        RedeemerOptions rich = new() { WeiPerTokenUnit = 1_000_000_000_000 };
        using Bench valuable = await BenchAsync(channels: 1, options: rich);
        OutboxEntry item = Assert.Single(await valuable.Redeemer.StepAsync(false, default));
        Assert.False(item.Request.IsUrgent);
        Assert.Equal(
            (false, (UInt128?)2_000_000 * 1_000_000_000_000),
            (item.Request.IsUrgent, valuable.Outbox.Judge!(item).WorthWei));

        // Not worth it, but the holder is leaving.
        using Bench thawing = await BenchAsync(channels: 1, options: poor);
        Assert.Empty(await thawing.Redeemer.StepAsync(false, default));
        await chain.SendAsync(
            chain.Holder,
            chain.Vouchers.Address,
            VouchersContract.Thaw(chain.Class, thawing.Terms[0]));
        await StepAsync(thawing.Mirror);
        OutboxEntry urgent = Assert.Single(await thawing.Redeemer.StepAsync(false, default));
        Assert.True(urgent.Request.IsUrgent);
    }

    [AnvilFact(NeedsContracts = true)]
    public async Task Redeemer_ThawWhileTheBatchWaits_MadeAnewAsUrgent()
    {
        RedeemerOptions rich = new() { WeiPerTokenUnit = 1_000_000_000_000 };
        using Bench bench = await BenchAsync(channels: 1, options: rich);
        OutboxEntry item = Assert.Single(await bench.Redeemer.StepAsync(false, default));
        Assert.False(item.Request.IsUrgent);
        await chain.SendAsync(
            chain.Holder,
            chain.Vouchers.Address,
            VouchersContract.Thaw(chain.Class, bench.Terms[0]));
        await StepAsync(bench.Mirror);
        OutboxEntry urgent = Assert.Single(await bench.Redeemer.StepAsync(false, default));
        Assert.True(Assert.Single(bench.Outbox.Open).Request.IsUrgent);
        Assert.NotEqual(item.Id, urgent.Id);

        // The same within a moment: it is on its way.
        Assert.Empty(await bench.Redeemer.StepAsync(false, default));
        Assert.Equal(urgent.Id, Assert.Single(bench.Outbox.Open).Id);
    }

    [AnvilFact(NeedsContracts = true)]
    public async Task Redeem_BySomebodyElse_SeenAndNothingLeftDue()
    {
        using Bench bench = await BenchAsync(channels: 2);
        RedeemRow[] rows = [.. bench.Store.States()
            .Select(s => RedeemRow.From(s.Row.Terms, s.Ack!.Value, s.AckSignature))];
        await chain.SendAsync(
            chain.Deployer,
            chain.Vouchers.Address,
            VouchersContract.RedeemBatch(chain.Class, bench.Node.Address, rows));
        await StepAsync(bench.Mirror);
        Assert.Empty(bench.Redeemer.Due());
    }

    private static async Task<MirrorStep> StepAsync(ChannelMirror mirror)
    {
        MirrorStep step = await mirror.StepAsync(default);
        Assert.Null(mirror.Problem);
        return step;
    }

    private ChannelMirror Mirror(
        MemoryMirrorStore store, PrivateKey node, uint confirmations = 0) =>
        new(
            chain.Rpc,
            chain.Vouchers,
            store,
            node.Address,
            new MirrorOptions { Confirmations = confirmations });

    private Task<UInt256> EarnedAsync() => chain.Vouchers.EarnedAsync(
        chain.Provider.Address, chain.Token.Address, BlockTag.Latest, default);

    private async Task<OutboxChange> FinishAsync(Bench bench)
    {
        OutboxChange? last = null;
        for (int i = 0; i < 30 && bench.Outbox.Open.Count > 0; i++)
        {
            foreach (OutboxChange change in await bench.Outbox.StepAsync(default))
            {
                last = change;
            }

            _clock.Advance(5);
            await chain.Anvil.MineAsync();
        }

        Assert.Empty(bench.Outbox.Open);
        return last!;
    }

    /// <summary>A node with final channels of 2e9 units, half of them acked.</summary>
    private async Task<Bench> BenchAsync(
        int channels,
        uint confirmations = 0,
        RedeemerOptions? options = null,
        ulong units = 1_000_000_000,
        FeeLimits? limits = null)
    {
        PrivateKey node = await chain.NewNodeAsync();
        MemoryMirrorStore store = new();
        List<ChannelTerms> terms = [];
        for (int i = 0; i < channels; i++)
        {
            terms.Add(chain.NewTerms(node));
            await chain.OpenAsync(terms[i], 2_000_000_000);
            (Ack ack, Signature signature) = chain.Acknowledge(terms[i], units);
            store.SetAck(ack, signature);
        }

        await chain.Anvil.MineAsync(10);
        ChannelMirror mirror = Mirror(store, node, confirmations);
        await StepAsync(mirror);
        OutboxOptions rules = AnvilFixture.Options(confirmations);
        rules = rules with { Fees = limits ?? rules.Fees };
        DyingOutboxStore rows = new();
        Outbox outbox = new(chain.Rpc, rows, node, rules, _clock);
        Redeemer redeemer = RedeemerOf(store, outbox, options);
        return new Bench(node, store, [.. terms], mirror, rows, outbox, redeemer);
    }

    private Redeemer RedeemerOf(
        MemoryMirrorStore store, Outbox outbox, RedeemerOptions? options = null) => new(
        store.States,
        id => id == chain.Class.HashStruct() ? chain.Class : null,
        new BatchBuilder(chain.Rpc, chain.Vouchers, outbox.Account),
        outbox,
        chain.Rpc,
        chain.Vouchers.Address,
        options ?? new RedeemerOptions(),
        _clock);

    private sealed record Bench(
        PrivateKey Node,
        MemoryMirrorStore Store,
        ChannelTerms[] Terms,
        ChannelMirror Mirror,
        DyingOutboxStore Rows,
        Outbox Outbox,
        Redeemer Redeemer) : IDisposable
    {
        public void Dispose()
        {
            Outbox.Dispose();
            Node.Dispose();
        }
    }
}
