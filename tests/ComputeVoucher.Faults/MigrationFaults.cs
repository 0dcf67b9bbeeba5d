using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;
using ComputeVoucher.Faults.Recorder;
using ComputeVoucher.Ledger;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Storage;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Faults;

/// <summary>
/// A ledger of schema 1 is migrated by a child process that dies at a call, by SIGKILL or with the
/// power. What is left must be the old ledger, whole, or the new one with the backup, complete;
/// the next start finishes and reads what the old ledger held.
/// </summary>
public sealed class MigrationFaults : IDisposable
{
    /// <summary>Steps of the history that the old ledger holds: rows in every table.</summary>
    private const int Steps = 150;

    /// <summary>128 + SIGKILL, as .NET reports a child that was killed.</summary>
    private const int KilledExit = 137;

    private readonly string _folder;
    private readonly string _old;
    private readonly string? _library;
    private readonly List<SchemaOneRow> _rows;
    private readonly Prng _seeded;

    /// <param name="seed">Of the history, the points and the surviving pieces.</param>
    /// <param name="closed">False: the old ledger's rows are in its log, as a crash leaves them.
    /// </param>
    public MigrationFaults(ulong seed, bool closed)
    {
        string parent = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        _folder = Path.Combine(parent, $"migration-{Guid.NewGuid():n}");
        _old = Path.Combine(_folder, "old");
        _seeded = new Prng(seed);
        Directory.CreateDirectory(_old);
        _rows = Lived(Path.Combine(_folder, "lived"), seed);
        SchemaOneFile.Write(_old, _rows, closed);
        _library = Journal.Build(_folder);
        if (_library is null)
        {
            Inconclusive = "no C compiler for the recorder";
            return;
        }

        string whole = Copy("whole");
        (int exitCode, string error) = Migrate(whole, 0);
        Inconclusive = exitCode == 0 ? null : $"the migration ended with {exitCode}: {error}";
        if (Inconclusive is null)
        {
            Events = Journal.Read(Path.Combine(_folder, "journal"));
            Expected = Describe(whole, out _);
        }
    }

    /// <summary>Why nothing could be said; null otherwise.</summary>
    public string? Inconclusive { get; }

    /// <summary>Calls of a whole migration: each is a point to die at.</summary>
    public int Points => Events.Count;

    /// <summary>States that still were the old ledger, and those that were the new one.</summary>
    public int Old { get; private set; }

    public int New { get; private set; }

    /// <summary>What must not be, a line each.</summary>
    public List<string> Violations { get; } = [];

    private List<JournalEvent> Events { get; } = [];

    private string Expected { get; } = "";

    /// <summary>The child: opens a ledger for writing and closes it. Gives the exit code.</summary>
    public static int Live(string directory)
    {
        // The recorder is found by name only when libc's calls are looked up globally.
        NativeLibrary.SetDllImportResolver(
            typeof(Posix).Assembly,
            (name, _, _) => name == "libc" ? NativeLibrary.GetMainProgramHandle() : 0);
        LedgerStore.Open(directory, Options(LedgerSynchronous.Full)).Dispose();
        return 0;
    }

    /// <summary>Kills so many migrations, evenly over their calls, and half of the second tries
    /// too.</summary>
    public void Kill(int kills)
    {
        for (int i = 0; i < kills && Inconclusive is null; i++)
        {
            string directory = Copy("killed");
            int at = 1 + (int)((long)i * (Points - 1) / kills) + _seeded.Below(
                Math.Max(1, (Points - 1) / kills));
            int exitCode = Migrate(directory, at).ExitCode;
            if (exitCode != KilledExit)
            {
                Violations.Add($"kill at call {at}: the child ended with {exitCode}");
            }

            if (i % 2 == 1)
            {
                _ = Migrate(directory, 1 + _seeded.Below(Points));
            }

            Check(directory, $"kill at call {at}");
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>Cuts the power at every call, or about so many of them.</summary>
    /// <param name="statesMax">About how many states to build.</param>
    /// <param name="subsets">Random subsets of the unsynced pieces, beside none and all.</param>
    public void Cut(int statesMax, int subsets)
    {
        CrashDisk disk = new();
        disk.Hold(_old);
        HashSet<string> seen = [];
        int every = Math.Max(1, Points * (2 + subsets) / statesMax);
        for (int i = 0; i < Points; i++)
        {
            JournalEvent item = Events[i];
            if (!disk.Apply(item))
            {
                Violations.Add($"the recorder does not model {item.Kind} {item.Name}");
                return;
            }

            // Around what makes something durable or names it, always.
            bool turn = item.Kind is not 'W' || (i + 1 < Points && Events[i + 1].Kind is not 'W');
            for (int j = 0; (turn || i % every == 0) && j < 2 + subsets; j++)
            {
                int percent = j switch { 0 => 0, 1 => 100, _ => 5 + _seeded.Below(90) };
                SortedDictionary<string, byte[]> files = disk.Cut(() => _seeded.Chance(percent));
                if (seen.Add(CrashDisk.Hash(files)))
                {
                    string directory = Path.Combine(_folder, "cut");
                    CrashDisk.Write(files, directory);
                    Check(directory, $"cut after call {i} ({item.Kind} {item.Name}), {percent} %");
                    Directory.Delete(directory, recursive: true);
                }
            }
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static LedgerOptions Options(LedgerSynchronous synchronous) =>
        History.Options(synchronous) with
        {
            Migrate = true,
            MigrateOutbox = SchemaOneFile.Convert,
        };

    /// <summary>Rows of a random life, and outbox entries of schema 1.</summary>
    private static List<SchemaOneRow> Lived(string directory, ulong seed)
    {
        History history = new(seed);
        using (LedgerStore store = LedgerStore.Open(
            directory, History.Options(LedgerSynchronous.Off)))
        {
            for (int i = 0; i < Steps; i++)
            {
                _ = history.Step(store);
            }
        }

        List<SchemaOneRow> rows = SchemaOneFile.RowsOf(directory);
        for (int id = 1; id <= 5; id++)
        {
            OutboxAttemptV1 attempt = new(default, new byte[200 * id]);
            rows.Add(SchemaOneFile.Outbox(new OutboxEntryV1(
                id, "redeem", new byte[id], OutboxState.Sent, default, (ulong)id, [attempt], 0,
                default, default, 7)));
        }

        return rows;
    }

    private void Check(string directory, string where)
    {
        try
        {
            string probed = Copy("probed", directory);
            bool old = SchemaOneFile.Version(Path.Combine(probed, SchemaOneFile.Name)) == 1;
            string whole = old ? SchemaOneFile.Name : SchemaOneFile.BackupName;
            string? differs = Differs(probed, whole);
            string text = Describe(directory, out bool migrated);
            differs ??= Differs(directory, SchemaOneFile.BackupName);
            differs ??= text != Expected ? "the next start reads something else" : null;
            differs ??= migrated != old ? $"the next start migrated: {migrated}" : null;
            Old += old ? 1 : 0;
            New += old ? 0 : 1;
            if (differs is not null)
            {
                Violations.Add($"{where}: {differs}");
            }

            Directory.Delete(probed, recursive: true);
        }
        catch (Exception fault) when (fault is LedgerException or StorageException)
        {
            Violations.Add($"{where}: {fault.Message}");
        }
    }

    private string? Differs(string directory, string name) =>
        SchemaOneFile.Differs(Path.Combine(directory, name), _rows) is { } why
            ? $"{name}: {why}"
            : null;

    private static string Describe(string directory, out bool migrated)
    {
        using LedgerStore store = LedgerStore.Open(directory, Options(LedgerSynchronous.Off));
        migrated = store.Notice?.Contains("was migrated", StringComparison.Ordinal) == true;
        return LedgerModel.Describe(store, History.SettingNames);
    }

    private (int ExitCode, string Error) Migrate(string directory, int killAt)
    {
        ProcessStartInfo start = new(
            "dotnet", ["exec", Assembly.GetExecutingAssembly().Location, "migrate", directory]);
        return Journal.Record(
            _library!, directory, Path.Combine(_folder, "journal"), start, killAt: killAt);
    }

    private string Copy(string name, string? from = null)
    {
        string directory = Path.Combine(_folder, name);
        Directory.CreateDirectory(directory);
        foreach (string file in Directory.GetFiles(from ?? _old))
        {
            if (!file.EndsWith("-shm", StringComparison.Ordinal))
            {
                File.Copy(file, Path.Combine(directory, Path.GetFileName(file)), overwrite: true);
            }
        }

        return directory;
    }
}
