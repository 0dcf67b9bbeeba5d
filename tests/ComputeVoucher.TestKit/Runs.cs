using System;
using System.Globalization;
using System.Security.Cryptography;
using Xunit;

namespace ComputeVoucher.TestKit;

/// <summary>
/// How much of a random test is run: the counts of every day, or with CV_RUNS=full, which
/// <c>./test.sh long</c> sets, those of a long run. The only reader of these variables.
/// </summary>
public static class Runs
{
    public static bool IsFull { get; } =
        Environment.GetEnvironmentVariable("CV_RUNS") is "full";

    /// <summary>Of one test process: fresh in a long run unless CV_SEED names one, else none.
    /// </summary>
    private static readonly ulong? s_fresh =
        ulong.TryParse(Environment.GetEnvironmentVariable("CV_SEED"), out ulong named) ? named
        : IsFull ? (ulong)RandomNumberGenerator.GetInt32(int.MaxValue)
        : null;

    /// <summary>A seed that no run had before, or the one that CV_SEED names; whoever takes it
    /// prints it.</summary>
    public static ulong Fresh =>
        s_fresh ?? (ulong)RandomNumberGenerator.GetInt32(int.MaxValue);

    /// <summary>So many rounds, steps or cases.</summary>
    public static int Count(int fast, int full) => IsFull ? full : fast;

    /// <summary>
    /// The fixed seeds, so that a red run is red for everybody; a long run has a fresh one more,
    /// which stands in the test's name and comes again with CV_SEED.
    /// </summary>
    public static TheoryData<ulong> Seeds(params ulong[] seeds)
    {
        TheoryData<ulong> data = [.. seeds];
        if (s_fresh is ulong fresh)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"CV_SEED={fresh}"));
            data.Add(fresh);
        }

        return data;
    }
}
