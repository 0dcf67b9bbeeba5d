using System;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;
using Xunit.Abstractions;

namespace ComputeVoucher.Chain.Tests;

/// <summary>Worthless channels without number on a real chain: the thaw of an honest one is seen
/// within two polls, and its acknowledged units are redeemed.</summary>
[Collection("anvil flood")]
[Trait("Category", "load")]
public sealed class FloodTests(FloodFixture chain, ITestOutputHelper output)
    : IClassFixture<FloodFixture>
{
    private const ulong Locked = 2_000_000_000;
    private const ulong Acked = 1_000_000_000;
    private const int Polls = 2;

    // Of the node in these polls, however many strangers there are: a rereading, the logs of the
    // blocks since, and what halving their range costs.
    private const int RequestsMax = 60;

    private static readonly int s_flood = Runs.Count(fast: 1_500, full: 70_000);

    private readonly ManualClock _clock = new();

    [AnvilFact(NeedsContracts = true)]
    public Task Thaw_UnderChannelsOfAnUnpinnedClass_SeenAndRedeemed() => RunAsync(false);

    [AnvilFact(NeedsContracts = true)]
    public Task Thaw_UnderDustOfThePinnedClass_SeenAndRedeemed() => RunAsync(true);

    private async Task RunAsync(bool isPinned)
    {
        await using RpcProxy proxy = new(chain.Anvil.Url);
        using JsonRpcClient rpc = AnvilFixture.Client(proxy.Url);
        using PrivateKey node = await chain.NewNodeAsync();
        ChannelTerms honest = chain.NewTerms(node);
        Bytes32 id = honest.HashStruct();
        await chain.OpenAsync(honest, Locked);
        await chain.Anvil.MineAsync(3);
        MemoryMirrorStore store = new();
        ChannelMirror mirror = Mirror(rpc, store, node);
        await MirrorBench.FollowAsync(mirror);
        (Ack ack, Signature signature) = chain.Acknowledge(honest, Acked);
        store.SetAck(ack, signature);

        await chain.FloodAsync(s_flood, node, isPinned);
        await chain.SendAsync(
            chain.Holder, chain.Vouchers.Address, VouchersContract.Thaw(chain.Class, honest));
        int before = proxy.Requests;
        int seen = await PollsUntilSeenAsync(mirror);
        int requests = proxy.Requests - before;
        output.WriteLine(
            $"{s_flood} channels; the thaw was seen in poll {seen}, after {requests} requests");
        Assert.Equal(1, mirror.Count);
        Assert.InRange(requests, 1, RequestsMax);

        await RedeemAsync(store, node);
        ChannelAmounts amounts = await chain.Vouchers.ChannelAsync(id, BlockTag.Latest, default);
        Assert.Equal((UInt128)Acked, amounts.Redeemed);
        BlockHeader head = (await chain.Rpc.BlockAsync(BlockTag.Latest, default))!;
        Assert.InRange(head.Timestamp, 0UL, amounts.ThawAt - 1);

        // A node that starts now finds the honest one among all of them.
        MemoryMirrorStore cold = new();
        ChannelMirror late = Mirror(rpc, cold, node);
        before = proxy.Requests;
        await MirrorBench.FollowAsync(late);
        output.WriteLine($"a node that starts now: {proxy.Requests - before} requests");
        Assert.Equal(1, late.Count);
        Assert.Equal((UInt128)Acked, cold.Row(id).Redeemed);
    }

    private static async Task<int> PollsUntilSeenAsync(ChannelMirror mirror)
    {
        for (int poll = 1; poll <= Polls; poll++)
        {
            MirrorStep step = await mirror.StepAsync(default);
            Assert.Null(mirror.Problem);
            if (step.Thawing.Count == 1)
            {
                return poll;
            }
        }

        Assert.Fail($"not seen in {Polls} polls");
        return 0;
    }

    private ChannelMirror Mirror(
        JsonRpcClient rpc, MemoryMirrorStore store, PrivateKey node) => new(
        rpc,
        new VouchersContract(rpc, chain.Vouchers.Address),
        store,
        node.Address,
        new MirrorOptions { Classes = [chain.Class.HashStruct()], UnitsMin = 1_000_000 });

    private async Task RedeemAsync(MemoryMirrorStore store, PrivateKey node)
    {
        using Outbox outbox = new(
            chain.Rpc, new DyingOutboxStore(), node, AnvilFixture.Options(), _clock);
        Redeemer redeemer = new(
            store.States,
            id => id == chain.Class.HashStruct() ? chain.Class : null,
            new BatchBuilder(chain.Rpc, chain.Vouchers, node.Address),
            outbox,
            chain.Rpc,
            chain.Vouchers.Address,
            new RedeemerOptions(),
            _clock);
        OutboxEntry item = Assert.Single(await redeemer.StepAsync(false, default));
        Assert.True(item.Request.IsUrgent);
        await Patience.UntilAsync(async () =>
        {
            await outbox.StepAsync(default);
            _clock.Advance(5);
            await chain.Anvil.MineAsync();
            return outbox.Open.Count == 0;
        }, () => outbox.Problem ?? "not final");
    }
}
