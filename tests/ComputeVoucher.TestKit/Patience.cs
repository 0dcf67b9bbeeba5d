using System;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace ComputeVoucher.TestKit;

/// <summary>
/// How tests wait for what must happen: for the event itself, with one bound for all of them.
/// </summary>
public static class Patience
{
    /// <summary>
    /// A bound against hangs and no measure: nothing that works needs a tenth of it, also beside
    /// twenty busy processes on two cores.
    /// </summary>
    public static readonly TimeSpan Default = TimeSpan.FromMinutes(5);

    /// <summary>How often a condition is looked at; no test passes or fails by it.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(5);

    /// <summary>Waits until it holds; <paramref name="tell"/> says how it stands if it never
    /// does.</summary>
    public static Task UntilAsync(Func<bool> holds, Func<string>? tell = null) =>
        UntilAsync(() => Task.FromResult(holds()), tell);

    /// <summary>As above, for a condition that has to be asked for.</summary>
    public static async Task UntilAsync(Func<Task<bool>> holds, Func<string>? tell = null)
    {
        using CancellationTokenSource bound = new(Default);
        while (!await holds())
        {
            Assert.False(
                bound.IsCancellationRequested, $"still not so after {Default}: {tell?.Invoke()}");
            await Task.Delay(s_pause);
        }
    }

    /// <summary>What the task gives.</summary>
    /// <exception cref="TimeoutException">It hangs.</exception>
    public static Task<T> WaitAsync<T>(Task<T> task) => task.WaitAsync(Default);
}
