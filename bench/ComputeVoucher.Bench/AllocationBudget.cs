using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;

namespace ComputeVoucher.Bench;

/// <summary>Bytes that each work may allocate on the managed heap, a run: the file
/// <c>allocations.budget</c>, a line each, "bytes  name".</summary>
public static class AllocationBudget
{
    private const string FileName = "allocations.budget";

    /// <summary>Runs that fill caches and pools, and of which the mean is taken: enough that a
    /// table that doubles now and then counts by its share.</summary>
    private const int Runs = 1024;

    public static IReadOnlyDictionary<string, long> Read()
    {
        Dictionary<string, long> budget = [];
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, FileName)))
        {
            if (line.Length > 0 && line[0] != '#')
            {
                string[] parts = line.Trim().Split("  ", 2);
                budget.Add(parts[1], long.Parse(parts[0], CultureInfo.InvariantCulture));
            }
        }

        return budget;
    }

    /// <summary>Bytes that one run allocates on its own thread, the mean of many.</summary>
    public static long Measure(Work work)
    {
        using RunningWork running = work.Make();
        Repeat(running);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Repeat(running);
        return (GC.GetAllocatedBytesForCurrentThread() - before + Runs - 1) / Runs;
    }

    private static void Repeat(RunningWork running)
    {
        for (int i = 0; i < Runs; i++)
        {
            running.Run();
        }
    }
}
