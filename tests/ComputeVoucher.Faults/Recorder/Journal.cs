using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Text;

namespace ComputeVoucher.Faults.Recorder;

/// <summary>Builds the recorder, runs a program under it, reads what it wrote.</summary>
internal static class Journal
{
    private static readonly string[] s_compilers = ["clang", "gcc", "cc"];

    /// <summary>Compiles recorder.c into the folder; null without a C compiler.</summary>
    public static string? Build(string folder)
    {
        string source = Path.Combine(AppContext.BaseDirectory, "Recorder", "recorder.c");
        string library = Path.Combine(folder, "recorder.so");
        foreach (string compiler in s_compilers)
        {
            ProcessStartInfo start = new(
                compiler, ["-shared", "-fPIC", "-O1", "-o", library, source]);
            try
            {
                using Process process = Process.Start(start)!;
                process.WaitForExit();
                if (process.ExitCode == 0)
                {
                    return library;
                }
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // Not installed: the next one.
            }
        }

        return null;
    }

    /// <summary>
    /// Runs a program with its writes to a directory recorded; failSync and killAt say from which
    /// fsync on the disk fails, and after which record the program dies; 0 = never.
    /// </summary>
    public static (int ExitCode, string Error) Record(
        string library,
        string directory,
        string journal,
        ProcessStartInfo start,
        int failSync = 0,
        int killAt = 0)
    {
        if (killAt > 0)
        {
            start.Environment["RECORDER_KILL_AT"] =
                killAt.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        if (failSync > 0)
        {
            start.Environment["RECORDER_FAIL_SYNC"] =
                failSync.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        start.Environment["LD_PRELOAD"] = library;
        start.Environment["RECORDER_DIR"] = directory;
        start.Environment["RECORDER_MARKS"] = directory + ".marks";
        start.Environment["RECORDER_JOURNAL"] = journal;
        start.Environment["RECORDER_NO_SYNC"] = "1";
        start.RedirectStandardError = true;
        using Process process = Process.Start(start)!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error);
    }

    public static List<JournalEvent> Read(string path)
    {
        ReadOnlySpan<byte> rest = File.ReadAllBytes(path);
        List<JournalEvent> events = [];
        while (!rest.IsEmpty)
        {
            int name = rest[1];
            int bytes = BinaryPrimitives.ReadInt32LittleEndian(rest[(10 + name)..]);
            events.Add(new JournalEvent(
                (char)rest[0],
                Encoding.UTF8.GetString(rest.Slice(2, name)),
                BinaryPrimitives.ReadInt64LittleEndian(rest[(2 + name)..]),
                rest.Slice(14 + name, bytes).ToArray()));
            rest = rest[(14 + name + bytes)..];
        }

        return events;
    }
}
