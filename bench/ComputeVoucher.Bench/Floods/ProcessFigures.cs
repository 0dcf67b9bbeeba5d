using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace ComputeVoucher.Bench;

/// <summary>What a process holds, from /proc.</summary>
/// <param name="ResidentMiB">VmRSS, rounded up.</param>
/// <param name="Descriptors">Open ones; of a process that forbids dumps only root may count them.
/// </param>
internal readonly record struct ProcessFigures(long ResidentMiB, int Descriptors)
{
    /// <summary>Between two looks of <see cref="MaximumAsync"/>.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    public static ProcessFigures Of(int process)
    {
        string line = File.ReadLines($"/proc/{process}/status")
            .First(one => one.StartsWith("VmRSS:", StringComparison.Ordinal));
        long kibibytes = long.Parse(
            line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture);
        return new ProcessFigures(
            (kibibytes + 1023) / 1024,
            Directory.GetFileSystemEntries($"/proc/{process}/fd").Length);
    }

    /// <summary>The most of each until it is stopped.</summary>
    public static async Task<ProcessFigures> MaximumAsync(int process, CancellationToken stop)
    {
        ProcessFigures most = Of(process);
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(s_pause, CancellationToken.None).ConfigureAwait(false);
            ProcessFigures now = Of(process);
            most = new ProcessFigures(
                Math.Max(most.ResidentMiB, now.ResidentMiB),
                Math.Max(most.Descriptors, now.Descriptors));
        }

        return most;
    }
}
