using System.Runtime.InteropServices;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Cli;

/// <summary>What the process asks of the kernel for itself: no dumps of keys, files that are
/// private, descriptors enough for the connections that the protocol allows.</summary>
internal static partial class ProcessGuard
{
    /// <summary>Files beside the connections: three of the database for each of its three readers,
    /// lock, mark and log, models, a few connections to each endpoint, health pages, the operator.
    /// Generous, and small beside <see cref="WireLimits.ConnectionsMax"/>.</summary>
    private const ulong FilesBeside = 256;

    // sys/prctl.h and sys/resource.h of Linux, x86-64 and arm64.
    private const int SetDumpable = 4;
    private const int CoreFile = 4;
    private const int OpenFiles = 7;

    /// <summary>Group and others get nothing.</summary>
    private const uint OwnerOnly = 0x3F;

    /// <summary>Descriptors that a node of these limits may need at once.</summary>
    public static ulong DescriptorsWanted(WireLimits limits) =>
        (ulong)limits.ConnectionsMax + FilesBeside;

    /// <summary>Before a key is in memory: no core dump, and no other process of this user looks
    /// into this one (ptrace, /proc/PID/mem). Neither call can fail: both only give up a right.
    /// </summary>
    public static void ForbidDumps()
    {
        _ = prctl(SetDumpable, 0, 0, 0, 0);
        Limit none = default;
        _ = setrlimit(CoreFile, ref none);
    }

    /// <summary>What this process writes from now on is its owner's alone, in any folder.</summary>
    public static void KeepFilesPrivate() => _ = umask(OwnerOnly);

    /// <summary>Descriptors up to what the kernel allows this process; the usual soft limit of
    /// 1,024 is far below what the protocol allows.</summary>
    /// <returns>How many it may have now.</returns>
    public static ulong RaiseDescriptors()
    {
        ulong allowed = DescriptorsAllowed();
        Limit limit = new() { Soft = allowed, Hard = allowed };
        _ = setrlimit(OpenFiles, ref limit);
        return allowed;
    }

    /// <summary>How many descriptors the process may raise its limit to.</summary>
    public static ulong DescriptorsAllowed()
    {
        _ = getrlimit(OpenFiles, out Limit limit);
        return limit.Hard;
    }

    /// <summary>The user that this process acts as.</summary>
    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint User();

    // Variadic in C; on Linux, x86-64 and arm64, whole numbers travel there as in any other call.
    [LibraryImport("libc")]
    private static partial int prctl(
        int option, nuint second, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);

    [LibraryImport("libc")]
    private static partial int getrlimit(int resource, out Limit limit);

    [LibraryImport("libc")]
    private static partial int setrlimit(int resource, ref Limit limit);

    /// <summary>struct rlimit.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }
}
