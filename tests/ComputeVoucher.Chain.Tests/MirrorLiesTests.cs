using System;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain.Tests;

/// <summary>Endpoints that answer and do not know, or know and do not say.</summary>
[Trait("Category", "load")]
public sealed class MirrorLiesTests
{
    [Fact]
    public async Task Thaw_NoLogOfIt_SeenByTheSlowRound()
    {
        using MirrorBench bench = new();
        ChannelTerms terms = bench.Open(1)[0];
        ChannelMirror mirror = bench.Mirror();
        await MirrorBench.FollowAsync(mirror);
        bench.Chain.Mine(300);
        await MirrorBench.FollowAsync(mirror);
        bench.Views[0].HidesLogs = true;
        bench.Chain.Thaw(terms, thawAt: 77);
        await MirrorBench.FollowAsync(mirror);
        Assert.Equal(0UL, bench.Row(terms).ThawAt);
        bench.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Single((await mirror.StepAsync(default)).Thawing);
        Assert.Equal(77UL, bench.Row(terms).ThawAt);
    }

    [Fact]
    public async Task LogsEmptyForAWhile_OpeningAndThawFoundAfterIt()
    {
        using MirrorBench bench = new();
        ChannelTerms known = bench.Open(1)[0];
        ChannelMirror mirror = bench.Mirror();
        await MirrorBench.FollowAsync(mirror);
        bench.Views[0].HidesLogs = true;
        bench.Chain.Thaw(known, thawAt: 77);
        ChannelTerms missed = bench.Open(1)[0];
        bench.Chain.Mine(100);
        await MirrorBench.FollowAsync(mirror);
        Assert.Equal(1, mirror.Count);
        bench.Views[0].HidesLogs = false;
        bench.Chain.Mine();
        await MirrorBench.FollowAsync(mirror);
        Assert.Equal(77UL, bench.Row(known).ThawAt);
        Assert.Equal(ChannelStatus.Open, bench.Row(missed).Status);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Thaw_OneEndpointHidesIt_TheOtherCounts(int liar)
    {
        using MirrorBench bench = new(endpoints: 2);
        ChannelTerms terms = bench.Open(1)[0];
        ChannelMirror mirror = bench.Mirror();
        await MirrorBench.FollowAsync(mirror);
        bench.Views[liar].HidesThaws = true;
        bench.Chain.Thaw(terms, thawAt: 77);
        await MirrorBench.FollowAsync(mirror);
        Assert.Equal(77UL, bench.Row(terms).ThawAt);
    }

    [Fact]
    public async Task Opening_OneEndpointShowsIt_CreditedWhenTheOtherDoes()
    {
        using MirrorBench bench = new(endpoints: 2);
        ChannelMirror mirror = bench.Mirror();
        await MirrorBench.FollowAsync(mirror);
        bench.Views[1].FrozenAt = bench.Chain.Head;
        ChannelTerms terms = bench.Open(1)[0];
        await MirrorBench.FollowAsync(mirror);
        Assert.Equal(ChannelStatus.Pending, bench.Row(terms).Status);
        Assert.Equal(UInt128.Zero, bench.Row(terms).Locked);

        // Nor while it is away, also after a restart.
        (bench.Views[1].FrozenAt, bench.Views[1].IsAway) = (ulong.MaxValue, true);
        bench.Chain.Mine(300);
        mirror = bench.Mirror();
        await MirrorBench.FollowAsync(mirror);
        Assert.Equal(ChannelStatus.Pending, bench.Row(terms).Status);
        Assert.Contains("second endpoint", mirror.Notice, StringComparison.Ordinal);
        bench.Views[1].IsAway = false;
        bench.Clock.Advance(TimeSpan.FromSeconds(70));
        bench.Chain.Mine();
        await MirrorBench.FollowAsync(mirror);
        Assert.Equal(ChannelStatus.Open, bench.Row(terms).Status);
        Assert.Equal((UInt128)1_000, bench.Row(terms).Locked);
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(3, 0)]
    [InlineData(3, 2)]
    public async Task Channel_OneEndpointInventsIt_NoCredit(int endpoints, int liar)
    {
        using MirrorBench bench = new(endpoints);
        ChannelTerms invented = bench.NewTerms();
        bench.Views[liar].Invented = invented;
        ChannelTerms honest = bench.Open(1)[0];
        ChannelMirror mirror = bench.Mirror();
        await MirrorBench.FollowAsync(mirror);
        bench.Chain.Mine();
        await MirrorBench.FollowAsync(mirror);
        Assert.Equal(ChannelStatus.Open, bench.Row(honest).Status);
        foreach (ChannelRow row in bench.Store.Channels())
        {
            bool isHonest = row.Terms == honest;
            Assert.Equal(isHonest ? 1_000 : UInt128.Zero, row.Locked);
            Assert.Equal(isHonest, row.Status == ChannelStatus.Open);
        }
    }

    /// <summary>Units that a second endpoint does not know are never given, and an end that it does
    /// not know is none; what one alone said is asked again when the other is back.</summary>
    [Theory]
    [InlineData(0, true)]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(1, false)]
    public async Task Lies_OfOneWhileTheOtherIsAway_NotBelievedAndAskedAgain(
        int liar, bool inflates)
    {
        using MirrorBench bench = new(endpoints: 2);
        ChannelTerms terms = bench.Open(1)[0];
        ChannelMirror mirror = bench.Mirror();
        await MirrorBench.FollowAsync(mirror);
        bench.Views[1 - liar].IsAway = true;
        bench.Views[liar].Inflated = inflates ? terms : null;
        bench.Views[liar].SaysRedeemed = true;
        bench.Views[liar].Thaws = ChannelAmounts.ClosedThawAt;
        // The slow round reads it, with a log or without.
        bench.Clock.Advance(TimeSpan.FromMinutes(10));
        bench.Chain.Mine();
        await MirrorBench.FollowAsync(mirror);
        ChannelRow doubted = bench.Row(terms);
        Assert.Equal(ChannelStatus.Open, doubted.Status);
        Assert.Equal((UInt128)1_000, doubted.Locked);
        Assert.Equal(UInt128.Zero, doubted.Redeemed);
        Assert.NotEqual(0UL, doubted.ThawAt);

        bench.Views.ForEach(view => view.Heal());
        bench.Clock.Advance(TimeSpan.FromSeconds(70));
        bench.Chain.Mine();
        await MirrorBench.FollowAsync(mirror);
        Assert.Equal(0UL, bench.Row(terms).ThawAt);
        Assert.Equal((UInt128)1_000, bench.Row(terms).Locked);
    }

    [Fact]
    public async Task Head_StandsStill_IsAProblemThoughItAnswers()
    {
        using MirrorBench bench = new();
        ChannelMirror mirror = bench.Mirror(
            bench.Options with { HeadAgeMax = TimeSpan.FromSeconds(120) });
        await MirrorBench.FollowAsync(mirror);
        bench.Clock.Advance(TimeSpan.FromSeconds(200));
        Assert.False((await mirror.StepAsync(default)).IsWhole);
        Assert.Contains("s old", mirror.Problem, StringComparison.Ordinal);
        bench.Chain.Mine(20);
        await MirrorBench.FollowAsync(mirror);
    }

    [Fact]
    public async Task Service_HeadStandsStill_StopsAcceptingAndComesBack()
    {
        using MirrorBench bench = new();
        using PrivateKey payer = PrivateKey.FromBytes(Keccak256.Hash("payer"u8).Span);
        using Outbox outbox = new(
            bench.Rpc, new MemoryOutboxStore(), payer, new OutboxOptions { ChainId = 31337 },
            bench.Clock);
        TimeSpan age = TimeSpan.FromSeconds(120);
        ChainService service = new(
            new EndpointGuard(bench.Rpc, 31337, age),
            bench.Mirror(bench.Options with { HeadAgeMax = age }),
            new Redeemer(
                bench.Store.States, _ => null,
                new BatchBuilder(bench.Rpc, bench.Contract, payer.Address), outbox, bench.Rpc,
                bench.Contract.Address, new RedeemerOptions(), bench.Clock),
            outbox,
            new ChainServiceOptions { MirrorAgeMax = TimeSpan.FromMinutes(5) },
            bench.Clock);
        await service.StepAsync(default);
        Assert.True(service.Health.IsAccepting, service.Health.Problem);
        for (int minute = 0; minute < 10; minute++)
        {
            bench.Clock.Advance(TimeSpan.FromMinutes(1));
            await service.StepAsync(default);
        }

        Assert.False(service.Health.IsAccepting);
        Assert.Equal(0, service.Health.EndpointsAlive);
        Assert.Contains("stands still", service.Health.Problem, StringComparison.Ordinal);
        bench.Chain.Mine(50);
        await service.StepAsync(default);
        Assert.True(service.Health.IsAccepting, service.Health.Problem);
        Assert.Contains("only one RPC endpoint", service.Notice, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(120)]
    [InlineData(0)]
    public async Task Guard_OneHeadStandsStill_SetAsideAndTheOtherIsAsked(int headAgeMax)
    {
        using MirrorBench bench = new(endpoints: 2);
        EndpointGuard guard = new(bench.Rpc, 31337, TimeSpan.FromSeconds(headAgeMax));
        Assert.Equal(2, (await guard.CheckAsync(default)).EndpointsAlive);
        bench.Views[0].FrozenAt = bench.Chain.Head;
        bench.Chain.Mine(20);
        bench.Clock.Advance(TimeSpan.FromSeconds(240));
        ChainHealth health = await guard.CheckAsync(default);
        Assert.True(health.IsAccepting, health.Problem);
        Assert.Equal(1, health.EndpointsAlive);
        Assert.Contains("endpoint0", health.Problem, StringComparison.Ordinal);
        BlockHeader? head = await bench.Rpc.BlockAsync(BlockTag.Latest, default);
        Assert.Equal(bench.Chain.Head, head!.Number);
        bench.Views[0].FrozenAt = ulong.MaxValue;
        Assert.Equal(2, (await guard.CheckAsync(default)).EndpointsAlive);
        Assert.Null(guard.Health.Problem);
    }

    /// <summary>A clock that is days wrong would take orders after a thaw is over.</summary>
    [Theory]
    [InlineData(4, "in the future; the clock or it is wrong")]
    [InlineData(-4, "old; it stands still, or the clock is wrong")]
    public async Task Guard_ClockDaysFromTheChain_NotAccepting(int days, string says)
    {
        using MirrorBench bench = new();
        EndpointGuard guard = new(bench.Rpc, 31337, TimeSpan.FromSeconds(120));
        Assert.True((await guard.CheckAsync(default)).IsAccepting, guard.Health.Problem);
        bench.Chain.Genesis = (ulong)((long)bench.Chain.Genesis + (86_400L * days));
        bench.Chain.Mine();
        ChainHealth health = await guard.CheckAsync(default);
        Assert.False(health.IsAccepting);
        Assert.Contains(says, health.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Head_InventedFarAhead_StepEndsAndTheThawIsSeen()
    {
        using MirrorBench bench = new();
        ChannelTerms terms = bench.Open(1)[0];
        ChannelMirror mirror = bench.Mirror();
        await MirrorBench.FollowAsync(mirror);
        bench.Views[0].Lead = 1UL << 40;
        bench.Chain.Thaw(terms, thawAt: 77);
        bench.Clock.Advance(TimeSpan.FromMinutes(10));
        int asked = bench.Chain.Requests;
        MirrorStep step = await mirror.StepAsync(default);
        Assert.False(step.IsWhole);
        Assert.Single(step.Thawing);
        Assert.InRange(bench.Chain.Requests - asked, 1, 300);

        // Honest again: the cursor comes back.
        bench.Views[0].Lead = 0;
        ChannelTerms later = bench.Open(1)[0];
        await MirrorBench.FollowAsync(mirror);
        Assert.Equal(ChannelStatus.Open, bench.Row(later).Status);
    }

    [Fact]
    public async Task Head_AheadOfTheOtherEndpoint_BoundedAndNamed()
    {
        using MirrorBench bench = new(endpoints: 2);
        EndpointGuard guard = new(bench.Rpc, 31337, TimeSpan.Zero);
        bench.Views[0].Lead = 1_000_000;
        ChannelMirror mirror = bench.Mirror();
        Assert.True((await mirror.StepAsync(default)).IsWhole);
        Assert.InRange(bench.Calls("eth_getLogs"), 2, 8);
        ChainHealth health = await guard.CheckAsync(default);
        Assert.False(health.IsAccepting);
        Assert.Contains("newest block", health.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Guard_OneEndpoint_IsANotice()
    {
        using MirrorBench one = new();
        using MirrorBench two = new(endpoints: 2);
        Assert.Contains(
            "only one", new EndpointGuard(one.Rpc, 1, default).Notice, StringComparison.Ordinal);
        Assert.Null(new EndpointGuard(two.Rpc, 1, default).Notice);
    }
}
