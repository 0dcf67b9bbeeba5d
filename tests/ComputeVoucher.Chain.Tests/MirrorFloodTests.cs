using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain.Tests;

/// <summary>Public input: whatever strangers write on the chain, known channels are followed.
/// </summary>
[Trait("Category", "load")]
public sealed class MirrorFloodTests
{
    private static readonly int s_flood = Runs.Count(fast: 4_000, full: 70_000);

    [Fact]
    public async Task Flood_OtherClassAndDust_CostsNoCallAndHidesNoThaw()
    {
        using MirrorBench bench = new();
        ChannelTerms honest = bench.Open(1)[0];
        ChannelMirror mirror = bench.Mirror();
        await MirrorBench.FollowAsync(mirror);
        Assert.Equal(ChannelStatus.Open, bench.Row(honest).Status);
        int calls = bench.Calls("eth_call");
        for (int flood = 0; flood < s_flood; flood += 500)
        {
            bench.Open(500, units: 1_000_000, classId: Keccak256.Hash("theirs"u8));
            bench.Open(500, units: 999);
        }

        bench.Chain.Thaw(honest, thawAt: 77);
        MirrorStep step = await mirror.StepAsync(default);
        Assert.Equal(77UL, Assert.Single(step.Thawing).ThawAt);
        await MirrorBench.FollowAsync(mirror);
        Assert.Equal(1, mirror.Count);

        // The honest one alone: after its thaw, and where it was not final yet.
        Assert.InRange(bench.Calls("eth_call") - calls, 2, 8);
    }

    /// <summary>A stranger opened the holder's channel first, with dust: what the holder adds by
    /// his own opening is followed all the same, and counts with the dust.</summary>
    [Fact]
    public async Task SquattedChannel_OpenedAgain_IsFollowed()
    {
        using MirrorBench bench = new();
        ChannelTerms terms = bench.NewTerms();
        bench.Chain.Open(terms, 1);
        ChannelMirror mirror = bench.Mirror();
        await MirrorBench.FollowAsync(mirror);
        Assert.Equal(0, mirror.Count);
        bench.Chain.Open(terms, 1_000_000);
        await MirrorBench.FollowAsync(mirror);
        Assert.Equal(ChannelStatus.Open, bench.Row(terms).Status);
        Assert.Equal((UInt128)1_000_001, bench.Row(terms).Locked);
        bench.Chain.Open(terms, 5);
        await MirrorBench.FollowAsync(mirror);
        Assert.Equal((UInt128)1_000_006, bench.Row(terms).Locked);
    }

    /// <summary>The mark of a channel that ended is no time.</summary>
    [Fact]
    public async Task Close_WithoutAThaw_IsNone()
    {
        using MirrorBench bench = new();
        ChannelTerms terms = bench.Open(1)[0];
        ChannelMirror mirror = bench.Mirror();
        await MirrorBench.FollowAsync(mirror);
        bench.Chain.Thaw(terms, ChannelAmounts.ClosedThawAt);
        MirrorStep step = await mirror.StepAsync(default);
        Assert.Equal(ChannelStatus.Closed, Assert.Single(step.Changed).Status);
        Assert.Empty(step.Thawing);
    }

    [Fact]
    public async Task Cap_Reached_NewOnesIgnoredAndNamedKnownOnesFollowed()
    {
        using MirrorBench bench = new();
        MirrorOptions few = bench.Options with { ChannelsMax = 5 };
        List<ChannelTerms> known = bench.Open(5);
        ChannelMirror mirror = bench.Mirror(few);
        await MirrorBench.FollowAsync(mirror);
        Assert.Null(mirror.Notice);
        bench.Open(20);
        await MirrorBench.FollowAsync(mirror);
        Assert.Equal(5, mirror.Count);
        Assert.Contains("new ones are ignored", mirror.Notice, StringComparison.Ordinal);
        bench.Chain.Thaw(known[4], thawAt: 9);
        Assert.Single((await mirror.StepAsync(default)).Thawing);

        // More room later: the search begins again, and finds them.
        ChannelMirror larger = bench.Mirror(few with { ChannelsMax = 100 });
        await MirrorBench.FollowAsync(larger);
        Assert.Equal(25, larger.Count);
        Assert.Null(larger.Notice);
    }

    [Fact]
    public async Task Thaw_WhileManyNewOnesWait_SeenInTheSameStep()
    {
        using MirrorBench bench = new();
        ChannelTerms honest = bench.Open(1)[0];
        ChannelMirror mirror = bench.Mirror();
        await MirrorBench.FollowAsync(mirror);
        bench.Open(5_000);
        bench.Chain.Thaw(honest, thawAt: 77);
        MirrorStep step = await mirror.StepAsync(default);
        Assert.False(step.IsWhole);
        Assert.Single(step.Thawing);
        Assert.Equal("mirroring 2,001 of 5,001", mirror.Progress);
    }

    [Fact]
    public async Task ChannelOfAClassPinnedLater_FoundAfterRestart()
    {
        using MirrorBench bench = new();
        Bytes32 later = Keccak256.Hash("later"u8);
        ChannelTerms terms = bench.Open(1, classId: later)[0];
        bench.Chain.Mine(1_000);
        await MirrorBench.FollowAsync(bench.Mirror());
        ChannelMirror mirror = bench.Mirror(
            bench.Options with { Classes = [MirrorBench.Class, later] });
        await MirrorBench.FollowAsync(mirror);
        Assert.Equal(ChannelStatus.Open, bench.Row(terms).Status);
    }

    [Fact]
    public async Task JunkRedemptions_NothingMoved_CostNoCall()
    {
        using MirrorBench bench = new();
        bench.Open(50);
        ChannelMirror mirror = bench.Mirror();
        await MirrorBench.FollowAsync(mirror);
        bench.Chain.Mine();
        await MirrorBench.FollowAsync(mirror);
        int calls = bench.Calls("eth_call");
        for (int i = 0; i < 100; i++)
        {
            bench.Chain.Redeem(MirrorBench.Class, bitmap: 0);
        }

        await MirrorBench.FollowAsync(mirror);
        Assert.Equal(calls, bench.Calls("eth_call"));
        Assert.Equal(0, bench.Calls("eth_getTransactionByHash"));
    }
}
