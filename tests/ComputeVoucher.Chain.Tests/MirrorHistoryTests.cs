using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain.Tests;

/// <summary>Random histories in front of three endpoints, of which one lags, lies, freezes or is
/// away: credit is never more than the final blocks hold, and every thaw is seen in time.</summary>
[Trait("Category", "load")]
public sealed class MirrorHistoryTests
{
    private const int Turns = 30;

    private static readonly int s_histories = Runs.Count(fast: 60, full: 1_000);

    [Fact]
    public async Task OneOfThreeIsFaulty_NoCreditTooEarlyNoThawTooLate()
    {
        ulong fresh = Runs.Fresh;
        for (int i = 0; i < s_histories; i++)
        {
            ulong seed = i < s_histories / 2 ? (ulong)i : fresh + (ulong)i;
            await RunAsync(seed);
        }
    }

    private static async Task RunAsync(ulong seed)
    {
        using MirrorBench bench = new(endpoints: 3);
        Prng random = new(seed);
        MirrorOptions options = bench.Options with { Confirmations = 0 };
        bench.Chain.FinalLag = 3;
        ChannelMirror mirror = bench.Mirror(options);
        List<Channel> channels = [];
        for (int turn = 0; turn < Turns; turn++)
        {
            Happen(bench.Chain, bench, channels, random);
            if (random.Chance(20))
            {
                Break(bench, random);
            }

            if (random.Chance(5))
            {
                mirror = bench.Mirror(options);
            }

            bench.Clock.Advance(TimeSpan.FromSeconds(12));
            await mirror.StepAsync(default);
            CheckCredit(bench, channels, seed);
        }

        // Two polls after the slow round was due, whatever the third endpoint does.
        bench.Clock.Advance(TimeSpan.FromMinutes(10));
        bench.Chain.Mine(4);
        await mirror.StepAsync(default);
        await mirror.StepAsync(default);
        CheckCredit(bench, channels, seed);
        foreach (Channel channel in channels)
        {
            // What no honest endpoint put first may not be known; what is known thaws.
            bool isKnown = bench.Store.Channels().Any(row => row.Terms == channel.Terms);
            Assert.True(
                !isKnown || channel.ThawAt == bench.Row(channel.Terms).ThawAt,
                $"seed {seed}: a thaw was not seen, {mirror.Problem}");
        }

        foreach (SimulatedView view in bench.Views)
        {
            Heal(view);
        }

        bench.Clock.Advance(TimeSpan.FromMinutes(2));
        bench.Chain.Mine();
        await MirrorBench.FollowAsync(mirror);
        Assert.Equal(channels.Count, mirror.Count);
        foreach (Channel channel in channels)
        {
            Assert.Equal(channel.Locked[^1].Units, bench.Row(channel.Terms).Locked);
        }
    }

    private static void Happen(
        SimulatedChain chain, MirrorBench bench, List<Channel> channels, Prng random)
    {
        int kind = random.Below(4);
        Channel? some = channels.Count == 0 ? null : channels[random.Below(channels.Count)];
        if (kind == 0)
        {
            Channel opened = new(bench.NewTerms());
            chain.Open(opened.Terms, 1_000);
            opened.Locked.Add((chain.Head, 1_000));
            channels.Add(opened);
        }
        else if (kind == 1 && some is { ThawAt: 0 })
        {
            chain.TopUp(some.Terms, 500);
            some.Locked.Add((chain.Head, some.Locked[^1].Units + 500));
        }
        else if (kind == 2 && some is { ThawAt: 0 } && random.Chance(30))
        {
            some.ThawAt = 1_000 + chain.Head;
            chain.Thaw(some.Terms, some.ThawAt);
        }
        else
        {
            chain.Mine();
        }
    }

    private static void Break(MirrorBench bench, Prng random)
    {
        foreach (SimulatedView view in bench.Views)
        {
            Heal(view);
        }

        SimulatedView faulty = bench.Views[random.Below(3)];
        switch (random.Below(5))
        {
            case 0:
                faulty.IsAway = true;
                break;
            case 1:
                faulty.HidesLogs = true;
                break;
            case 2:
                faulty.HidesThaws = true;
                break;
            case 3:
                faulty.FrozenAt = bench.Chain.Head;
                break;
            default:
                break;
        }
    }

    private static void Heal(SimulatedView view)
    {
        (view.IsAway, view.HidesLogs, view.HidesThaws) = (false, false, false);
        view.FrozenAt = ulong.MaxValue;
    }

    private static void CheckCredit(MirrorBench bench, List<Channel> channels, ulong seed)
    {
        ulong final = bench.Chain.Head - Math.Min(bench.Chain.Head, bench.Chain.FinalLag);
        foreach (Channel channel in channels)
        {
            UInt128 most = 0;
            foreach ((ulong block, UInt128 units) in channel.Locked)
            {
                most = block <= final ? units : most;
            }

            foreach (ChannelRow row in bench.Store.Channels())
            {
                Assert.True(
                    row.Terms != channel.Terms || row.Locked <= most,
                    $"seed {seed}: {row.Locked} units credited, {most} are final");
            }
        }
    }

    private sealed record Channel(ChannelTerms Terms)
    {
        public List<(ulong Block, UInt128 Units)> Locked { get; } = [];

        public ulong ThawAt { get; set; }
    }
}
