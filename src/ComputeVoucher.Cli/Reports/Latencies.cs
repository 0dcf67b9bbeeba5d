using System;
using System.Collections.Generic;

namespace ComputeVoucher.Cli;

/// <summary>Latencies of many runs in microseconds, and their nearest-rank percentiles.</summary>
internal sealed class Latencies
{
    private readonly List<double> _sorted;

    public Latencies(IEnumerable<double> micros)
    {
        _sorted = [.. micros];
        _sorted.Sort();
        foreach (double run in _sorted)
        {
            TotalSeconds += run / 1e6;
        }
    }

    public int Count => _sorted.Count;

    public double TotalSeconds { get; }

    /// <summary>0 where nothing was measured; share 0 is the least, 1 the greatest.</summary>
    public double At(double share) => _sorted.Count == 0
        ? 0
        : _sorted[Math.Max(0, (int)Math.Ceiling(share * _sorted.Count) - 1)];
}
