using System;

namespace ComputeVoucher.Bench;

/// <summary>One operation that is measured: its time by BenchmarkDotNet, its garbage by the test
/// of the budget.</summary>
/// <param name="Name">Of the group, then of the operation; the key of the budget.</param>
/// <param name="Make">What has to stand before the first run.</param>
public sealed record Work(string Name, Func<RunningWork> Make)
{
    /// <summary>For the column of BenchmarkDotNet.</summary>
    public override string ToString() => Name;
}

/// <summary>A work that may run any number of times.</summary>
/// <param name="once">The operation, once.</param>
/// <param name="owned">What it stands on.</param>
public sealed class RunningWork(Action once, params IDisposable[] owned) : IDisposable
{
    public void Run() => once();

    public void Dispose()
    {
        foreach (IDisposable one in owned)
        {
            one.Dispose();
        }
    }
}
