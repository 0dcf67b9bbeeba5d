using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;
using Xunit.Abstractions;

namespace ComputeVoucher.Simulation.Tests;

/// <summary>Random histories over three endpoints, of which one lags, lies or freezes.</summary>
[Trait("Category", "load")]
public sealed class PoolTests(ITestOutputHelper output)
{
    private const ulong Seed = 20261126;

    // Before the last thaws begin.
    private const int Steps = 120;

    private static readonly int s_histories = Runs.Count(fast: 25, full: 500);

    [Fact]
    public async Task Promises_OneEndpointOfThreeFaulty_Kept()
    {
        Dictionary<string, int> counts = await LiveAsync(Seed);
        foreach (PoolFault fault in Enum.GetValues<PoolFault>())
        {
            Assert.True(counts.GetValueOrDefault(fault.ToString()) >= 5, $"{fault}: too rare");
        }

        string[] often = ["ack", "mined", "restart", "saved", "top-up", "ordinary"];
        foreach (string what in often)
        {
            Assert.True(counts.GetValueOrDefault(what) >= 40, $"{what}: too rare to prove much");
        }

        // A thaw mostly finds everything redeemed, and a quarter of the histories has a storm.
        foreach (string what in (string[])["urgent", "lost", "alone"])
        {
            Assert.True(counts.GetValueOrDefault(what) >= 5, $"{what}: too rare to prove much");
        }
    }

    [Fact]
    public Task Promises_OneEndpointOfThreeFaulty_FromAFreshSeed() => LiveAsync(Runs.Fresh);

    private async Task<Dictionary<string, int>> LiveAsync(ulong seed)
    {
        output.WriteLine($"CV_SEED={seed}");
        Dictionary<string, int> counts = [];
        List<string> broken = [];
        for (ulong i = 0; i < (ulong)s_histories; i++)
        {
            using PoolHistory history = new(seed + i);
            try
            {
                await history.LiveAsync(Steps);
            }
            catch (Xunit.Sdk.XunitException e)
            {
                broken.Add($"history {seed + i} ({history.Faults}): {e.Message}");
            }

            foreach ((string what, int times) in history.Counts)
            {
                counts[what] = counts.GetValueOrDefault(what) + times;
            }
        }

        output.WriteLine(string.Join(", ", counts));
        Assert.True(broken.Count == 0, string.Join('\n', broken));
        return counts;
    }
}
