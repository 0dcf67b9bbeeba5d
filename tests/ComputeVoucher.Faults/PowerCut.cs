using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Threading.Tasks;
using ComputeVoucher.Faults.Recorder;
using ComputeVoucher.Ledger;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Storage;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Faults;

/// <summary>
/// The power-cut test of the ledger. A child process lives a random history under the recorder and
/// marks each step that the ledger confirmed; then the power is cut at every call, with none, all
/// and random parts of the unsynced bytes, and the ledger is opened again. It must be exactly the
/// state after some step, and no confirmed step may be missing.
/// </summary>
public static class PowerCut
{
    private const int ReopenEverySteps = 60;
    private const int ExamplesMax = 5;

    /// <summary>The recorded child saw a storage error and stopped.</summary>
    private const int StorageFailedExit = 3;

    /// <summary>Records and cuts. statesMax bounds the time; 0 = all.</summary>
    /// <param name="seed">Of the history and of the subsets.</param>
    /// <param name="steps">Steps of the history.</param>
    /// <param name="subsets">Random subsets a point, beside none and all.</param>
    /// <param name="statesMax">About how many states to build; 0 = all.</param>
    /// <param name="synchronous">Off is the control that must turn red.</param>
    /// <param name="failSync">From this fsync on, each fails with EIO; 0 = none fails.</param>
    public static PowerCutResult Run(
        ulong seed,
        int steps,
        int subsets,
        int statesMax,
        LedgerSynchronous synchronous,
        int failSync = 0)
    {
        string folder = Path.Combine(WorkFolder(), $"power-cut-{Environment.ProcessId}-{seed}");
        Directory.CreateDirectory(folder);
        PowerCutResult result = new() { Steps = steps };
        try
        {
            List<JournalEvent>? events = Record(
                folder, seed, steps, synchronous, failSync, result);
            if (events is not null)
            {
                Cut(folder, events, Expected(seed, steps), seed, subsets, statesMax, result);
            }

            return result;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>
    /// The child: lives the history in a directory and marks what is confirmed. Gives the exit
    /// code: 0, or 3 when the ledger failed as it must after a storage error.
    /// </summary>
    public static int Live(string directory, ulong seed, int steps, LedgerSynchronous synchronous)
    {
        // The recorder is found by name only when libc's calls are looked up globally.
        NativeLibrary.SetDllImportResolver(
            typeof(Posix).Assembly,
            (name, _, _) => name == "libc" ? NativeLibrary.GetMainProgramHandle() : 0);
        using FileStream marks = new(
            directory + ".marks", FileMode.Create, FileAccess.Write, FileShare.Read, 0);
        try
        {
            Live(directory, marks, seed, steps, History.Options(synchronous));
            return 0;
        }
        catch (LedgerException fault)
        {
            Console.Error.WriteLine(fault.Message);
            return StorageFailedExit;
        }
    }

    private static void Live(
        string directory, FileStream marks, ulong seed, int steps, LedgerOptions options)
    {
        History history = new(seed);
        Prng pace = new(seed ^ 0xFACE);
        LedgerStore store = LedgerStore.Open(directory, options);
        Mark(marks, 0);
        for (int i = 1; i <= steps; i++)
        {
            int step = i;
            Task durable = history.Step(store);
            if (!durable.IsCompleted)
            {
                _ = durable.ContinueWith(
                    done => Mark(marks, step), TaskContinuationOptions.OnlyOnRanToCompletion);
            }

            store.CheckInvariants();
            if (pace.Chance(12))
            {
                store.FlushAsync().GetAwaiter().GetResult();
            }

            if (i % ReopenEverySteps == 0)
            {
                store.FlushAsync().GetAwaiter().GetResult();
                store.Dispose();
                Mark(marks, step);
                store = LedgerStore.Open(directory, options);
            }
        }

        store.FlushAsync().GetAwaiter().GetResult();
        store.Dispose();
        Mark(marks, steps);
    }

    private static void Mark(FileStream marks, int step)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, step);
        lock (marks)
        {
            marks.Write(bytes);
        }
    }

    private static List<JournalEvent>? Record(
        string folder,
        ulong seed,
        int steps,
        LedgerSynchronous synchronous,
        int failSync,
        PowerCutResult result)
    {
        if (Journal.Build(folder) is not string library)
        {
            result.Inconclusive = "no C compiler for the recorder";
            return null;
        }

        string journal = Path.Combine(folder, "journal");
        string directory = Path.Combine(folder, "ledger");
        ProcessStartInfo start = new(
            "dotnet",
            [
                "exec", Assembly.GetExecutingAssembly().Location, "live", directory,
                seed.ToString(System.Globalization.CultureInfo.InvariantCulture),
                steps.ToString(System.Globalization.CultureInfo.InvariantCulture),
                synchronous.ToString(),
            ]);
        (int exitCode, string error) = Journal.Record(
            library, directory, journal, start, failSync);
        result.ChildExitCode = exitCode;
        if (exitCode != (failSync > 0 ? StorageFailedExit : 0))
        {
            result.Inconclusive = $"the recorded child ended with {exitCode}: {error}";
            return null;
        }

        return Journal.Read(journal);
    }

    /// <summary>Last step after which the ledger looks like that, by what it looks like.</summary>
    private static Dictionary<string, int> Expected(ulong seed, int steps)
    {
        History history = new(seed);
        Dictionary<string, int> expected = new() { [history.Model.Describe()] = 0 };
        for (int i = 1; i <= steps; i++)
        {
            _ = history.Step(null);
            expected[history.Model.Describe()] = i;
        }

        return expected;
    }

    private static void Cut(
        string folder,
        List<JournalEvent> events,
        Dictionary<string, int> expected,
        ulong seed,
        int subsets,
        int statesMax,
        PowerCutResult result)
    {
        CrashDisk disk = new();
        Prng seeded = new(seed ^ 0xC07);
        Dictionary<string, int> seen = [];
        int confirmed = -1;
        result.Points = events.Count;
        int every = statesMax == 0 ? 1 : Math.Max(1, events.Count * (subsets + 2) / 2 / statesMax);
        int sinceCut = 0;
        foreach (JournalEvent item in events)
        {
            if (!disk.Apply(item))
            {
                result.Inconclusive = $"the recorder does not model {item.Kind} {item.Name}";
                return;
            }

            if (item.Kind == 'M')
            {
                confirmed = Math.Max(
                    confirmed, BinaryPrimitives.ReadInt32LittleEndian(item.Data));
            }

            if (++sinceCut < every && item.Kind != 'M')
            {
                continue;
            }

            sinceCut = 0;
            int variants = disk.IsDirty ? 2 + subsets : 1;
            for (int i = 0; i < variants; i++)
            {
                int percent = i switch { 0 => 0, 1 => 100, _ => 5 + seeded.Below(90) };
                SortedDictionary<string, byte[]> files = disk.Cut(() => seeded.Chance(percent));
                Check(folder, files, expected, confirmed, seen, result);
            }
        }
    }

    private static void Check(
        string folder,
        SortedDictionary<string, byte[]> files,
        Dictionary<string, int> expected,
        int confirmed,
        Dictionary<string, int> seen,
        PowerCutResult result)
    {
        string hash = CrashDisk.Hash(files);
        result.States++;
        if (!seen.TryGetValue(hash, out int step))
        {
            step = Open(folder, files, expected, result, out string text);
            seen[hash] = step;
            if (step < 0 && result.Examples.Count < ExamplesMax)
            {
                result.Examples.Add(text);
            }
        }

        if (step == -2)
        {
            result.RefusedStates++;
        }
        else if (step == -1)
        {
            result.Garbage++;
        }
        else if (step < confirmed)
        {
            result.Lost++;
            if (result.Examples.Count < ExamplesMax)
            {
                result.Examples.Add($"step {confirmed} was confirmed, the ledger is at {step}");
            }
        }
    }

    /// <summary>The step that the files hold; -1 a state that never was, -2 refused.</summary>
    private static int Open(
        string folder,
        SortedDictionary<string, byte[]> files,
        Dictionary<string, int> expected,
        PowerCutResult result,
        out string text)
    {
        string directory = Path.Combine(folder, "cut");
        CrashDisk.Write(files, directory);
        try
        {
            // Synchronous off: the disk of this opening does not lose power, and it is faster.
            LedgerOptions options = History.Options(LedgerSynchronous.Off);
            int step;
            using (LedgerStore store = LedgerStore.Open(directory, options))
            {
                text = LedgerModel.Describe(store, History.SettingNames);
                step = expected.GetValueOrDefault(text, -1);
            }

            // Recover again: a recovery that damages shows in the second one.
            if (result.States % 16 == 0)
            {
                using LedgerStore again = LedgerStore.Open(directory, options);
                if (LedgerModel.Describe(again, History.SettingNames) != text)
                {
                    step = -1;
                }
            }

            return step;
        }
        catch (LedgerException fault)
        {
            text = fault.Message;
            return -2;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>
    /// Memory, where there is such a file system: thousands of states are written.
    /// </summary>
    private static string WorkFolder() =>
        Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
}
