using System;
using System.IO;
using System.Linq;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using ComputeVoucher.Bench;

if (args is ["floods", ..])
{
    return await FloodBench.RunAsync(args[1..]).ConfigureAwait(false);
}

if (args is [HonestProcess.Command, ..])
{
    return await HonestProcess.ServeAsync(args[1..]).ConfigureAwait(false);
}

// In this process: the toolchain that builds a project per run would need a restore of its own.
Job job = Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance);
if (args.Contains("--allocations"))
{
    foreach (Work work in Works.All)
    {
        Console.WriteLine($"{AllocationBudget.Measure(work),8}  {work.Name}");
    }

    return 0;
}

ManualConfig config = ManualConfig.Create(DefaultConfig.Instance)
    .AddJob(job)
    .HideColumns(Column.Job, Column.Error, Column.StdDev, Column.RatioSD, Column.Gen0)
    .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(48))
    .WithArtifactsPath(Path.Combine(Works.Root, "artifacts", "benchmarks"))
    .WithOptions(ConfigOptions.DisableLogFile);
BenchmarkRunner.Run<WorkBenchmarks>(config, args);
return 0;
