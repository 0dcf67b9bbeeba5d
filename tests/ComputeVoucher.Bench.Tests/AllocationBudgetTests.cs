using System;
using System.Collections.Generic;
using System.Linq;

namespace ComputeVoucher.Bench.Tests;

/// <summary>What is measured stays within its budget of garbage. Bytes are counted on the thread
/// that works, so that neither load nor speed changes them.</summary>
[Trait("Category", "load")]
public sealed class AllocationBudgetTests
{
    public static TheoryData<string> Names => [.. Works.All.Select(work => work.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Work_StaysWithinItsBudget(string name)
    {
        long allowed = AllocationBudget.Read()[name];
        long bytes = AllocationBudget.Measure(Works.All.Single(work => work.Name == name));
        Assert.True(
            bytes <= allowed,
            $"{name}: {bytes} bytes a run, {allowed} in bench/ComputeVoucher.Bench/"
            + "allocations.budget; allocate less, or raise it and say why");
    }

    [Fact]
    public void Budget_NamesEveryWorkOnce()
    {
        IReadOnlyDictionary<string, long> budget = AllocationBudget.Read();
        Assert.Equal(Works.All.Select(work => work.Name).Order(), budget.Keys.Order());
    }

    [Fact]
    public void Measure_CountsWhatAWorkAllocates()
    {
        byte[]? kept = null;
        Work work = new("1,000 bytes", () => new RunningWork(() => kept = new byte[1000]));
        Assert.InRange(AllocationBudget.Measure(work), 1000, 1100);
        GC.KeepAlive(kept);
    }
}
