using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Bench;

/// <summary>
/// An honest client of the published node beside each flood, and beside the same flooder, at the
/// same pace, aimed at a socket that only discards.
/// </summary>
internal static class FloodBench
{
    /// <summary>Threads that flood: enough to keep a node of two cores busy.</summary>
    private const int Flooders = 4;

    /// <summary>Connections that all of them keep: what one payer and a few addresses may have,
    /// and for idle ones more than the node's 10,240.</summary>
    private const int Kept = 240;
    private const int KeptIdle = 12_000;

    /// <summary>Of a flood; the bars are meant for 60.</summary>
    private const int SecondsDefault = 6;

    /// <summary>The quiet half takes a third of a flood's time: it waits for nothing to fill up.
    /// </summary>
    private const int QuietPart = 3;

    /// <summary>An hour for one flood is a slip of the keyboard.</summary>
    private const int SecondsMax = 3_600;

    /// <summary>Locked to the channel: a classifier of some 10^5 units, for hours.</summary>
    private const ulong UnitsBought = 1_000_000_000_000_000;

    /// <summary>After a flood, for what it held to come back: the node closes silent strangers
    /// after 30 s.</summary>
    private static readonly TimeSpan s_after = TimeSpan.FromSeconds(3);

    /// <summary>Exit status: 0, or 2 for wrong usage.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        int seconds = SecondsDefault;
        FloodKind[] kinds = Enum.GetValues<FloodKind>();
        for (int i = 0; i < args.Length; i += 2)
        {
            string value = i + 1 < args.Length ? args[i + 1] : "";
            if (args[i] == "--seconds"
                && int.TryParse(value, CultureInfo.InvariantCulture, out seconds)
                && seconds is > 0 and <= SecondsMax)
            {
                continue;
            }

            if (args[i] == "--only" && Enum.TryParse(value, out FloodKind only)
                && Enum.IsDefined(only))
            {
                kinds = [only];
                continue;
            }

            Console.Error.WriteLine($"floods [--seconds 1..{SecondsMax}] [--only NAME]; names: "
                + string.Join(", ", Enum.GetNames<FloodKind>()));
            return 2;
        }

        await RunAsync(kinds, TimeSpan.FromSeconds(seconds)).ConfigureAwait(false);
        return 0;
    }

    private static async Task RunAsync(FloodKind[] kinds, TimeSpan length)
    {
        await using NodeRig rig = await NodeRig.CreateAsync(UnitsBought).ConfigureAwait(false);
        rig.WriteConfig("node.json", rig.Deployment("vouchers"), "31337",
            tunnel: $"{Tunnel.Address}");
        await rig.StartNodeAsync().ConfigureAwait(false);
        using HonestProcess client = await HonestProcess.StartAsync(rig).ConfigureAwait(false);
        Console.WriteLine($"{length.TotalSeconds} s of each flood, "
            + $"{Environment.ProcessorCount} cores, load "
            + File.ReadAllText("/proc/loadavg").Split(' ')[0] + "; ms, MiB");
        Console.WriteLine("| flood | pieces/s | served | lost | p50 | p99 | quiet p50 | p99 "
            + "| ratio | memory before, most, after | descriptors |");
        Console.WriteLine("|" + string.Concat(Enumerable.Repeat(" --- |", 11)));
        foreach (FloodKind kind in kinds)
        {
            await CompareAsync(rig, client, kind, length).ConfigureAwait(false);
        }
    }

    private static async Task CompareAsync(
        NodeRig rig, HonestProcess client, FloodKind kind, TimeSpan length)
    {
        int node = rig.Node!.Id;
        ProcessFigures before = ProcessFigures.Of(node);
        (HonestFigures flooded, double pace, ProcessFigures most) = await BesideAsync(
            client, kind, null, length, double.PositiveInfinity, node).ConfigureAwait(false);
        await Task.Delay(s_after).ConfigureAwait(false);
        ProcessFigures after = ProcessFigures.Of(node);
        using DiscardingSocket discarding = new();
        (HonestFigures quiet, _, _) = await BesideAsync(
            client, kind, discarding.Endpoint, length / QuietPart, pace, node)
            .ConfigureAwait(false);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {kind} | {pace:F0} | {flooded.Served} | {flooded.Lost} "
            + $"| {flooded.P50:F2} | {flooded.P99:F2} "
            + $"| {quiet.P50:F2} | {quiet.P99:F2} "
            + $"| {flooded.P99 / quiet.P99:F1} "
            + $"| {before.ResidentMiB}, {most.ResidentMiB}, {after.ResidentMiB} "
            + $"| {before.Descriptors}, {most.Descriptors}, {after.Descriptors} |"));
        if (flooded.Lost + quiet.Lost > 0)
        {
            Console.WriteLine($"  lost {flooded.Lost}, quiet {quiet.Lost}: "
                + $"{flooded.LastLoss} {quiet.LastLoss}");
        }
    }

    /// <summary>The honest client beside a flood.</summary>
    /// <param name="client">Honest.</param>
    /// <param name="kind">Of the flood.</param>
    /// <param name="discarding">Whom it is aimed at; null is the node.</param>
    /// <param name="length">How long.</param>
    /// <param name="paceMax">Most pieces a second of all flooders.</param>
    /// <param name="node">Its process.</param>
    private static async Task<(HonestFigures Honest, double Pace, ProcessFigures Most)>
        BesideAsync(HonestProcess client, FloodKind kind, IPEndPoint? discarding, TimeSpan length,
            double paceMax, int node)
    {
        FloodTarget target = await client.TargetAsync(discarding).ConfigureAwait(false);
        int keep = (kind == FloodKind.IdleConnections ? KeptIdle : Kept) / Flooders;
        Flooder[] flooders = [.. Enumerable.Range(0, Flooders)
            .Select(_ => new Flooder(target, keep))];
        using CancellationTokenSource over = new(length);
        long begun = TimeProvider.System.GetTimestamp();
        int pieces = 0;
        void Flood(Flooder flooder)
        {
            while (!over.IsCancellationRequested)
            {
                int piece = Interlocked.Increment(ref pieces) - 1;
                TimeSpan early = TimeSpan.FromSeconds(piece / paceMax)
                    - TimeProvider.System.GetElapsedTime(begun);
                if (early > TimeSpan.Zero)
                {
                    over.Token.WaitHandle.WaitOne(early);
                }

                flooder.Send(kind, piece);
            }
        }

        Thread[] threads = Array.ConvertAll(
            flooders, flooder => new Thread(() => Flood(flooder)) { IsBackground = true });
        Array.ForEach(threads, thread => thread.Start());
        Task<ProcessFigures> most = ProcessFigures.MaximumAsync(node, over.Token);
        HonestFigures honest = await client.RunAsync(over.Token).ConfigureAwait(false);
        TimeSpan took = TimeProvider.System.GetElapsedTime(begun);
        // Whoever still waits for an answer sees the end of its connection.
        Array.ForEach(flooders, flooder => flooder.Dispose());
        Array.ForEach(threads, thread => thread.Join());
        return (honest, pieces / took.TotalSeconds, await most.ConfigureAwait(false));
    }
}
