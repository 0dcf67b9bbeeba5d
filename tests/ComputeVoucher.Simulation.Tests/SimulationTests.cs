using System;
using System.Collections.Generic;
using System.Threading;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using Xunit.Abstractions;

namespace ComputeVoucher.Simulation.Tests;

/// <summary>A whole node in one thread, from one seed.</summary>
[Trait("Category", "load")]
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const ulong Seed = 20261126;

    private static readonly int s_steps = Runs.Count(fast: 2_000, full: 50_000);

    [Fact]
    public void Acknowledged_IsInTheLedger_WheneverTheNodeDies()
    {
        (_, Dictionary<string, int> counts) = Live(Seed, s_steps);
        foreach (string what in (string[])["done", "stored", "kill", "start", "cancel", "block"])
        {
            Assert.True(counts.GetValueOrDefault(what) >= 10, $"{what}: too rare to prove much");
        }
    }

    [Fact]
    public void Acknowledged_IsInTheLedger_FromAFreshSeed() => Live(Runs.Fresh, s_steps);

    [Fact]
    public void SameSeed_SameEvents_AnotherSeedOthers()
    {
        (Bytes32 log, _) = Live(Seed, 500);
        Assert.Equal(log, Live(Seed, 500).Log);
        Assert.NotEqual(log, Live(Seed + 1, 500).Log);
    }

    /// <summary>On a thread without a context of the test's.</summary>
    private (Bytes32 Log, Dictionary<string, int> Counts) Live(ulong seed, int steps)
    {
        output.WriteLine($"seed {seed}");
        Bytes32 log = default;
        Dictionary<string, int> counts = [];
        Exception? fault = null;
        Thread thread = new(() =>
        {
            try
            {
                using Life life = new(seed);
                life.Live(steps);
                (log, counts) = (life.Log, life.Counts);
            }
            catch (Exception e)
            {
                fault = e;
            }
        });
        thread.Start();
        thread.Join();
        Assert.True(fault is null, $"seed {seed}: {fault}");
        return (log, counts);
    }
}
