using System;
using System.IO;
using ComputeVoucher.Chain;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Storage;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Cli;

/// <summary>What can be checked without a network.</summary>
internal static class MachineChecks
{
    public static Finding Cpu()
    {
        bool machine = File.Exists("/proc/cpuinfo")
            && File.ReadAllText("/proc/cpuinfo").Contains(" avx2 ", StringComparison.Ordinal);
        return Backends.Fastest.Backend == Backend.Avx2 || !machine
            ? new Finding("cpu", true, Backends.Fastest.Name)
            : new Finding("cpu", false, "the machine has AVX2 and this build does not use it "
                + "(build it with ./run.sh build)");
    }

    /// <summary>No verdict: which version is too old, its makers tell.</summary>
    public static Finding Libraries() => new(
        "libraries", true, $"{LinkedLibraries.Sqlite}, {LinkedLibraries.Secp256k1}");

    public static Finding Gpu() => Libc.HasLibrary("libcuda.so.1")
        ? new Finding("gpu", true, "libcuda found")
        : new Finding("gpu", true, "none, CPU serves");

    public static Finding Tls(bool needed) => TlsSupport.IsAvailable()
        ? new Finding("tls", true, "libssl found")
        : new Finding("tls", !needed, needed
            ? "libssl is missing and an endpoint is https (install libssl3)"
            : "libssl is missing: https endpoints cannot be used");

    /// <summary>Writes, flushes and removes a file beside the ledger.</summary>
    public static Finding Disk(string folder)
    {
        try
        {
            string existing = folder;
            while (!Directory.Exists(existing))
            {
                existing = Path.GetDirectoryName(existing) ?? "/";
            }

            string probe = Path.Combine(existing, $".computevoucher-probe-{Environment.ProcessId}");
            long start = TimeProvider.System.GetTimestamp();
            File.WriteAllText(probe, "probe");
            try
            {
                Posix.Sync(probe);
            }
            finally
            {
                File.Delete(probe);
            }

            TimeSpan elapsed = TimeProvider.System.GetElapsedTime(start);
            long free = new DriveInfo(existing).AvailableFreeSpace >> 20;
            return new Finding("disk", true,
                $"{existing}: written and flushed in {elapsed.TotalMilliseconds:0.0} ms, "
                + $"{free} MiB free");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return new Finding("disk", false, $"{folder}: {failure.Message} (free some space, or "
                + "give this user the folder)");
        }
    }

    /// <summary>What the node's limits allow against what the kernel allows.</summary>
    public static Finding Descriptors(WireLimits limits)
    {
        ulong allowed = ProcessGuard.DescriptorsAllowed();
        ulong wanted = ProcessGuard.DescriptorsWanted(limits);
        return allowed >= wanted
            ? new Finding("files", true, $"{allowed} descriptors, {wanted} may be needed")
            : new Finding("files", false, $"{allowed} descriptors are allowed and {wanted} may be "
                + "needed: beyond them newcomers get no answer (raise LimitNOFILE of the unit, or "
                + "ulimit -Hn)");
    }

    public static Finding Key(string name, string path)
    {
        try
        {
            using PrivateKey key = KeyFile.Load(path);
            string locked = PrivateKey.IsMemoryLocked
                ? ""
                : ", which may be written to swap (raise LimitMEMLOCK, or ulimit -l)";
            return new Finding(name, true, $"{path}: {key.Address}{locked}");
        }
        catch (Exception failure) when (failure is CommandException or IOException
            or UnauthorizedAccessException)
        {
            return new Finding(name, false, failure.Message);
        }
    }
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Name">What.</param>
/// <param name="Ok">False: the node would not work well.</param>
/// <param name="Text">What was found, with the remedy where it is not ok.</param>
internal sealed record Finding(string Name, bool Ok, string Text);
