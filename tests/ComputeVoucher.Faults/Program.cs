using System;
using System.Globalization;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Faults;

/// <summary>Faults on purpose. Exit 0 pass, 1 violation, 2 inconclusive or wrong usage.</summary>
public static class Program
{
    /// <summary>Fewer points than this prove too little to be called a pass.</summary>
    private const int PointsMin = 500;

    /// <summary>The bar of every day: 50 kills, 20 in the middle of texts, 500 power-cut points.
    /// </summary>
    private static readonly int s_kills = Runs.Count(fast: 50, full: 500);
    private static readonly int s_streamKills = Runs.Count(fast: 20, full: 500);
    private static readonly int s_migrationKills = Runs.Count(fast: 20, full: 100);
    private static readonly int s_migrationStates = Runs.Count(fast: 400, full: 4_000);
    private static readonly int s_steps = Runs.Count(fast: 250, full: 1_000);

    public static async Task<int> Main(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        CultureInfo culture = CultureInfo.InvariantCulture;
        switch (args)
        {
            case ["live", string directory, string seed, string steps, string synchronous]:
                return PowerCut.Live(
                    directory,
                    ulong.Parse(seed, culture),
                    int.Parse(steps, culture),
                    Enum.Parse<LedgerSynchronous>(synchronous));
            case ["migrate", string directory]:
                return MigrationFaults.Live(directory);
            case ["migration"]:
                return RunMigration(1);
            case ["power-cut"]:
                return RunPowerCut(1, 400);
            case ["power-cut", string seed, string steps]:
                return RunPowerCut(ulong.Parse(seed, culture), int.Parse(steps, culture));
            case ["measure", string directory, string orders, string clients]:
                return Measure.Run(
                    directory, int.Parse(orders, culture), int.Parse(clients, culture));
            case ["kill", string kills, string seed]:
                return await KillRun.RunAsync(
                    int.Parse(kills, culture), ulong.Parse(seed, culture));
            case ["stream-kill", string kills, string seed]:
                return await StreamKillRun.RunAsync(
                    int.Parse(kills, culture), ulong.Parse(seed, culture));
            case ["--ci"]:
                return await RunAllAsync();
            default:
                Console.Error.WriteLine(
                    "usage: faults power-cut [SEED STEPS] | migration | kill COUNT SEED"
                    + " | stream-kill COUNT SEED"
                    + " | measure DIRECTORY ORDERS CLIENTS | --ci;"
                    + " exit 0 pass, 1 violated, 2 unclear");
                return 2;
        }
    }

    /// <summary>Everything that ./test.sh asks for, with its closing line.</summary>
    private static async Task<int> RunAllAsync()
    {
        int[] counts = new int[3];
        foreach (ulong seed in Runs.Seeds(1))
        {
            counts[RunPowerCut(seed, s_steps)]++;
            counts[RunMigration(seed)]++;
            counts[await KillRun.RunAsync(s_kills, seed)]++;
            counts[await StreamKillRun.RunAsync(s_streamKills, seed)]++;
        }

        // Inconclusive is not a pass: it shows as skipped, its line above says why.
        Console.WriteLine($"{counts[0]} passed, {counts[1]} failed, {counts[2]} skipped");
        return counts[1] > 0 ? 1 : counts[2] > 0 ? 2 : 0;
    }

    private static int RunMigration(ulong seed)
    {
        using MigrationFaults faults = new(seed, closed: false);
        faults.Kill(s_migrationKills);
        int killed = faults.Old + faults.New;
        faults.Cut(s_migrationStates, 2);
        Console.WriteLine(
            $"migration, seed {seed}: {killed} kills, {faults.Old + faults.New - killed} cuts over"
            + $" {faults.Points} calls; {faults.Old} times the old ledger, {faults.New} the new"
            + $" one, {faults.Violations.Count} violations");
        faults.Violations.ForEach(line => Console.WriteLine("  " + line));
        if (faults.Inconclusive is not null)
        {
            Console.WriteLine("  inconclusive: " + faults.Inconclusive);
            return 2;
        }

        return faults.Violations.Count == 0 ? 0 : 1;
    }

    private static int RunPowerCut(ulong seed, int steps)
    {
        PowerCutResult full = PowerCut.Run(seed, steps, 4, 0, LedgerSynchronous.Full);
        Print($"power cut, synchronous=FULL, seed {seed}", full);
        PowerCutResult off = PowerCut.Run(seed, steps, 2, 600, LedgerSynchronous.Off);
        Print($"control,   synchronous=OFF,  seed {seed}", off);
        if (full.Inconclusive is not null || off.Inconclusive is not null
            || full.Points < PointsMin)
        {
            return 2;
        }

        if (off.Violations == 0)
        {
            Console.Error.WriteLine("the control did not turn red: this test sees nothing");
            return 1;
        }

        return full.Violations == 0 ? 0 : 1;
    }

    private static void Print(string what, PowerCutResult result)
    {
        Console.WriteLine(
            $"{what}: {result.Points} points, {result.States} states, {result.Lost} lost,"
            + $" {result.RefusedStates} refused, {result.Garbage} garbage");
        foreach (string example in result.Examples)
        {
            Console.WriteLine("  e.g. " + example.Split('\n')[0]);
        }

        if (result.Inconclusive is not null)
        {
            Console.WriteLine("  inconclusive: " + result.Inconclusive);
        }
    }
}
