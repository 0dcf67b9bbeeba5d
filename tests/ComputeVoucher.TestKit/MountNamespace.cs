using System;
using System.Diagnostics;
using System.IO;

namespace ComputeVoucher.TestKit;

/// <summary>
/// A mount namespace of its own, prepared by a script: full disks and missing libraries without
/// touching the machine. It ends with the test process.
/// </summary>
public sealed class MountNamespace : IDisposable
{
    private readonly Process _holder;

    private MountNamespace(Process holder) => _holder = holder;

    /// <summary>Whether this user may mount here.</summary>
    public static bool IsAllowed { get; } = Probe();

    /// <summary>Words before a command that put it into the namespace.</summary>
    public string[] Prefix => ["nsenter", "-t", $"{_holder.Id}", "-m"];

    /// <summary>Runs the script inside, and keeps the namespace.</summary>
    public static MountNamespace Start(string script)
    {
        Process holder = Shell($"set -e; {script}\necho mounted; read -r line");
        string? line = holder.StandardOutput.ReadLine();
        return line == "mounted"
            ? new MountNamespace(holder)
            : throw new InvalidOperationException(
                $"cannot mount: {line} {holder.StandardError.ReadToEnd()}");
    }

    /// <summary>Runs a command inside to its end.</summary>
    public void Run(params string[] command)
    {
        using Process process = Process.Start(Prefix[0], [.. Prefix[1..], .. command]);
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{string.Join(' ', command)} failed");
        }
    }

    public void Dispose()
    {
        _holder.StandardInput.Close();
        _holder.WaitForExit();
        _holder.Dispose();
    }

    private static Process Shell(string script) => Process.Start(new ProcessStartInfo(
        "unshare", ["-m", "sh", "-c", script])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    private static bool Probe()
    {
        try
        {
            using Process process = Shell($"mount -t tmpfs none '{Path.GetTempPath()}'");
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
