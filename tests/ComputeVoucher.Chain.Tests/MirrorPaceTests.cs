using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain.Tests;

/// <summary>How many requests a mirror needs, counted and not timed.</summary>
[Trait("Category", "load")]
public sealed class MirrorPaceTests
{
    private const string Limit = """{"code":-32016,"message":"over rate limit"}""";
    private const string Pruned = """{"code":-32000,"message":"missing trie node"}""";

    [Fact]
    public async Task ManyChannels_FirstStart_ReadInBatchesOfAHundredCalls()
    {
        using MirrorBench bench = new();
        bench.Open(10_000);
        ChannelMirror mirror = bench.Mirror();
        await MirrorBench.FollowAsync(mirror);
        Assert.Equal(10_000, mirror.Count);
        Assert.Equal(20_000, bench.Calls("eth_call"));
        Assert.InRange(bench.Chain.Requests, 200, 260);
    }

    /// <summary>One batch that was small is no reason for small ones.</summary>
    [Fact]
    public async Task ManyChannels_AfterAFew_ReadInBatchesOfAHundredCalls()
    {
        using MirrorBench bench = new();
        bench.Open(1);
        ChannelMirror mirror = bench.Mirror();
        await MirrorBench.FollowAsync(mirror);
        int requests = bench.Chain.Requests;
        bench.Open(2_000);
        await MirrorBench.FollowAsync(mirror);
        Assert.Equal(2_001, mirror.Count);
        Assert.InRange(bench.Chain.Requests - requests, 40, 70);
    }

    [Fact]
    public async Task Restart_OneChanged_ReadsItAndOneBatchOfTheSlowRound()
    {
        using MirrorBench bench = new();
        List<ChannelTerms> terms = bench.Open(3_000);
        await MirrorBench.FollowAsync(bench.Mirror());
        bench.Chain.TopUp(terms[7], 500);
        int calls = bench.Calls("eth_call");
        ChannelMirror again = bench.Mirror();
        await MirrorBench.FollowAsync(again);
        Assert.Equal(3_000, again.Count);
        Assert.Equal((UInt128)1_500, bench.Row(terms[7]).Locked);

        // 50 of the round, and the one that changed.
        Assert.Equal(102, bench.Calls("eth_call") - calls);
    }

    [Fact]
    public async Task EndpointWithoutBatches_AskedOneByOne()
    {
        using MirrorBench bench = new();
        bench.Views[0].RefusesBatches = true;
        bench.Open(120);
        ChannelMirror mirror = bench.Mirror();
        await MirrorBench.FollowAsync(mirror);
        Assert.Equal(120, mirror.Count);
    }

    [Fact]
    public async Task FailureHalfway_StoredSlicesStayAndTheNextStepGoesOn()
    {
        using MirrorBench bench = new();
        bench.Open(1_900);
        int left = 2_400;
        bench.Chain.Refuse = (method, _) => method == "eth_call" && --left < 0 ? Limit : null;
        ChannelMirror mirror = bench.Mirror();
        await mirror.StepAsync(default);
        Assert.NotNull(mirror.Problem);
        Assert.InRange(mirror.Count, 1_000, 1_250);
        Assert.Equal(mirror.Count, bench.Store.Channels().Count);
        int calls = bench.Calls("eth_call");
        bench.Chain.Refuse = null;
        await MirrorBench.FollowAsync(mirror);
        Assert.Equal(1_900, mirror.Count);
        Assert.InRange(bench.Calls("eth_call") - calls, 1_300, 2_100);
    }

    [Theory]
    [InlineData(50, 3)]
    [InlineData(10, 3)]
    public async Task LongHistory_SomeQueriesRefused_FewMoreQueries(int every, int times)
    {
        int calm = await QueriesAsync(int.MaxValue);
        int refused = await QueriesAsync(every);
        Assert.InRange(calm, 200, 220);
        Assert.InRange(refused, calm + 1, times * calm);
    }

    /// <summary>What was refused for a moment is no reason for small ranges later.</summary>
    [Fact]
    public async Task LongHistory_RefusedAtTheStart_RangesGrowAgain()
    {
        using MirrorBench bench = new();
        bench.Chain.Mine(200_000);
        ChannelTerms terms = bench.Open(1)[0];
        int left = 5;
        bench.Chain.Refuse = (method, _) => method == "eth_getLogs" && --left >= 0
            ? """{"code":-32602,"message":"query exceeds max block range"}"""
            : null;
        await MirrorBench.FollowAsync(bench.Mirror());
        Assert.Equal(ChannelStatus.Open, bench.Row(terms).Status);
        Assert.InRange(bench.Calls("eth_getLogs"), 200, 400);
    }

    [Fact]
    public async Task EndpointOfShortRanges_Searched()
    {
        using MirrorBench bench = new();
        ChannelTerms terms = bench.Open(1)[0];
        bench.Chain.Mine(20_000);
        bench.Chain.Refuse = (method, parameters) => method == "eth_getLogs"
            && Blocks(parameters[0]) > 500
                ? """{"code":-32602,"message":"query exceeds max block range 500"}"""
                : null;
        await MirrorBench.FollowAsync(bench.Mirror());
        Assert.Equal(ChannelStatus.Open, bench.Row(terms).Status);
        Assert.InRange(bench.Calls("eth_getLogs"), 80, 150);
    }

    [Fact]
    public async Task StatesPruned_FinalFarBack_OpenAndHeldBackUntilFinal()
    {
        using MirrorBench bench = new();
        bench.Chain.FinalLag = 600;
        bench.Chain.Refuse = (method, parameters) => method == "eth_call"
            && Number(parameters[1]) + 128 < bench.Chain.Head ? Pruned : null;
        MirrorOptions options = bench.Options with { Confirmations = 0 };
        ChannelMirror mirror = bench.Mirror(options);
        ChannelTerms terms = bench.Open(1)[0];
        bench.Chain.Mine(599);
        await MirrorBench.FollowAsync(mirror);
        Assert.Equal(ChannelStatus.Pending, bench.Row(terms).Status);
        bench.Chain.Mine();
        await MirrorBench.FollowAsync(mirror);
        Assert.Equal(ChannelStatus.Open, bench.Row(terms).Status);
        Assert.Equal((UInt128)1_000, bench.Row(terms).Locked);

        bench.Chain.TopUp(terms, 500);
        await MirrorBench.FollowAsync(mirror);
        Assert.Equal((UInt128)1_000, bench.Row(terms).Locked);
        bench.Chain.Mine(600);

        // Across a restart: what was promised by final blocks is known again.
        await MirrorBench.FollowAsync(bench.Mirror(options));
        Assert.Equal((UInt128)1_500, bench.Row(terms).Locked);
    }

    private static async Task<int> QueriesAsync(int every)
    {
        using MirrorBench bench = new();
        bench.Chain.Mine(200_000);
        ChannelTerms terms = bench.Open(1)[0];
        int asked = 0;
        bench.Chain.Refuse = (method, _) =>
            method == "eth_getLogs" && ++asked % every == 0 ? Limit : null;
        ChannelMirror mirror = bench.Mirror();
        bool isWhole = false;
        for (int step = 0; step < 200 && !isWhole; step++)
        {
            isWhole = (await mirror.StepAsync(default)).IsWhole;
        }

        Assert.True(isWhole, mirror.Problem);
        Assert.Equal(ChannelStatus.Open, bench.Row(terms).Status);
        return asked;
    }

    private static ulong Blocks(JsonElement filter) =>
        Number(filter.GetProperty("toBlock")) - Number(filter.GetProperty("fromBlock")) + 1;

    private static ulong Number(JsonElement block) => ulong.TryParse(
        block.GetString().AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture,
        out ulong number) ? number : ulong.MaxValue / 2;
}
