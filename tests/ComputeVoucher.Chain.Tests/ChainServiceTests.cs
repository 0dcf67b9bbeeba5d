using System;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain.Tests;

/// <summary>The whole service between an honest and a faulty endpoint.</summary>
[Collection("anvil service")]
[Trait("Category", "load")]
public sealed class ChainServiceTests(VouchersFixture chain) : IClassFixture<VouchersFixture>
{
    private readonly ManualClock _clock = new();

    [AnvilFact(NeedsContracts = true)]
    public async Task Step_EndpointContradicts_StopsAcceptingKeepsRedeeming()
    {
        await using RpcProxy proxy = new(chain.Anvil.Url);
        using JsonRpcClient rpc = AnvilFixture.Client(chain.Anvil.Url, proxy.Url);
        using PrivateKey node = await chain.NewNodeAsync();
        MemoryMirrorStore store = new();
        ChannelTerms terms = chain.NewTerms(node);
        await chain.OpenAsync(terms, 2_000_000_000);
        await chain.Anvil.MineAsync(3);
        using Outbox outbox = new(
            rpc, new DyingOutboxStore(), node, AnvilFixture.Options(), _clock);
        ChainService service = Service(rpc, store, node, outbox);
        Assert.False(service.Health.IsAccepting);
        await service.StepAsync(default);
        Assert.True(service.Health.IsAccepting, service.Health.Problem);

        proxy.Rewrite(
            "eth_chainId", text => text.Replace("0x7a69", "0x5", StringComparison.Ordinal));
        (Ack ack, Signature signature) = chain.Acknowledge(terms, 1_000_000_000);
        store.SetAck(ack, signature);
        _clock.Advance(61);
        ChainStep step = await service.StepAsync(default);
        Assert.False(service.Health.IsAccepting);
        Assert.Contains("chain 5", service.Health.Problem, StringComparison.Ordinal);
        Assert.Single(step.Submitted);
        for (int i = 0; i < 12 && outbox.Open.Count > 0; i++)
        {
            await chain.Anvil.MineAsync();
            await service.StepAsync(default);
        }

        // It is paid, and one endpoint alone is not believed that it is.
        Assert.Empty(outbox.Open);
        Assert.Equal(UInt128.Zero, store.Row(terms.HashStruct()).Redeemed);
        proxy.Heal();
        _clock.Advance(6);
        await chain.Anvil.MineAsync();
        await service.StepAsync(default);
        Assert.True(service.Health.IsAccepting, service.Health.Problem);
        Assert.Equal((UInt128)1_000_000_000, store.Row(terms.HashStruct()).Redeemed);
    }

    /// <summary>Acks could not be redeemed any more: neither orders nor redemptions are taken.
    /// </summary>
    [AnvilFact(NeedsContracts = true)]
    public async Task Step_OutboxStopped_AcceptsNothingAndSubmitsNothing()
    {
        using JsonRpcClient rpc = AnvilFixture.Client(chain.Anvil.Url);
        using PrivateKey node = await chain.NewNodeAsync();
        MemoryMirrorStore store = new();
        ChannelTerms terms = chain.NewTerms(node);
        await chain.OpenAsync(terms, 2_000_000_000);
        await chain.Anvil.MineAsync(3);
        DyingOutboxStore rows = new();
        using Outbox outbox = new(
            rpc, rows, node.Address, transaction => transaction.Sign(node)[1..],
            AnvilFixture.Options(), _clock);
        ChainService service = Service(rpc, store, node, outbox);
        await service.StepAsync(default);
        Assert.True(service.Health.IsAccepting, service.Health.Problem);

        (Ack ack, Signature signature) = chain.Acknowledge(terms, 1_000_000_000);
        store.SetAck(ack, signature);
        Assert.Single((await service.StepAsync(default)).Submitted);
        for (int i = 1; i < 4; i++)
        {
            (ack, signature) = chain.Acknowledge(terms, 1_000_000_000 + (ulong)i);
            store.SetAck(ack, signature);
            _clock.Advance(61);
            Assert.Empty((await service.StepAsync(default)).Submitted);
            Assert.False(service.Health.IsAccepting);
            Assert.Contains(
                "the outbox has stopped", service.Health.Problem, StringComparison.Ordinal);
        }

        Assert.Single(rows.List());
    }

    [AnvilFact(NeedsContracts = true)]
    public async Task Step_ChainAway_AcceptsUntilTheMirrorIsTooOldThenComesBack()
    {
        await using RpcProxy proxy = new(chain.Anvil.Url);
        using JsonRpcClient rpc = AnvilFixture.Client(proxy.Url);
        using PrivateKey node = await chain.NewNodeAsync();
        using Outbox outbox = new(
            rpc, new DyingOutboxStore(), node, AnvilFixture.Options(), _clock);
        ChainService service = Service(rpc, new MemoryMirrorStore(), node, outbox);
        await service.StepAsync(default);
        Assert.True(service.Health.IsAccepting, service.Health.Problem);

        proxy.Fail(null, RpcFault.CloseUnsent);
        _clock.Advance(29 * 60);
        await service.StepAsync(default);
        Assert.True(service.Health.IsAccepting);
        Assert.NotNull(service.Health.Problem);
        _clock.Advance(2 * 60);
        await service.StepAsync(default);
        Assert.False(service.Health.IsAccepting);

        proxy.Heal();
        _clock.Advance(6);
        await service.StepAsync(default);
        Assert.True(service.Health.IsAccepting, service.Health.Problem);
        Assert.Null(service.Health.Problem);
    }

    /// <summary>A chain whose final block is older than the contracts: every development chain is
    /// one, and any other for its first minutes. The node is ready; what was opened waits.
    /// </summary>
    [AnvilFact(NeedsContracts = true)]
    public async Task Step_FinalBlockBeforeTheContracts_AcceptsAndHoldsBackWhatIsNotFinal()
    {
        using JsonRpcClient rpc = AnvilFixture.Client(chain.Anvil.Url);
        using PrivateKey node = await chain.NewNodeAsync();
        MemoryMirrorStore store = new();
        ChannelTerms terms = chain.NewTerms(node);
        await chain.OpenAsync(terms, 2_000_000_000);
        using Outbox outbox = new(
            rpc, new DyingOutboxStore(), node, AnvilFixture.Options(), _clock);
        ulong head = await rpc.BlockNumberAsync(default);
        ChainService service = Service(rpc, store, node, outbox, (uint)head + 1);
        Assert.Empty(await rpc.CodeAsync(
            chain.Vouchers.Address, BlockTag.Number(0), default));
        await service.StepAsync(default);
        Assert.True(service.Health.IsAccepting, service.Health.Problem);
        Assert.Null(service.Health.Problem);
        Assert.Equal(ChannelStatus.Pending, store.Row(terms.HashStruct()).Status);
        await chain.Anvil.MineAsync((int)head);
        await service.StepAsync(default);
        Assert.Equal(ChannelStatus.Open, store.Row(terms.HashStruct()).Status);
    }

    private ChainService Service(JsonRpcClient rpc, MemoryMirrorStore store, PrivateKey node,
        Outbox outbox, uint confirmations = 0)
    {
        VouchersContract vouchers = new(rpc, chain.Vouchers.Address);
        return new ChainService(
            new EndpointGuard(rpc, chain.Domain, default),
            new ChannelMirror(rpc, vouchers, store, node.Address,
                new MirrorOptions { Confirmations = confirmations }),
            new Redeemer(
                store.States,
                _ => chain.Class,
                new BatchBuilder(rpc, vouchers, node.Address),
                outbox,
                rpc,
                vouchers.Address,
                new RedeemerOptions { WeiPerTokenUnit = 1_000_000_000_000 },
                _clock),
            outbox,
            new ChainServiceOptions(),
            _clock);
    }
}
