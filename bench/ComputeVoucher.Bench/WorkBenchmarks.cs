using System.Collections.Generic;
using BenchmarkDotNet.Attributes;

namespace ComputeVoucher.Bench;

/// <summary>BenchmarkDotNet's view of <see cref="Works"/>.</summary>
[MemoryDiagnoser]
public class WorkBenchmarks
{
    private RunningWork? _running;

    public static IEnumerable<Work> All => Works.All;

    [ParamsSource(nameof(All))]
    public required Work Work { get; set; }

    [GlobalSetup]
    public void Make() => _running = Work.Make();

    [GlobalCleanup]
    public void End() => _running?.Dispose();

    [Benchmark]
    public void Run() => _running!.Run();
}
