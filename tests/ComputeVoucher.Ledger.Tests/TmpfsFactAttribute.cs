using System;
using System.IO;

namespace ComputeVoucher.Ledger.Tests;

/// <summary>Skipped by name where mounting a tmpfs is not allowed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TmpfsFactAttribute : FactAttribute
{
    public TmpfsFactAttribute() => Skip = Tmpfs.Missing;
}

/// <summary>As above, for several cases.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TmpfsTheoryAttribute : TheoryAttribute
{
    public TmpfsTheoryAttribute() => Skip = Tmpfs.Missing;
}

internal static class Tmpfs
{
    /// <summary>Why no tmpfs can be mounted; null when one can.</summary>
    public static string? Missing { get; } = Probe();

    private static string? Probe()
    {
        string probe = Directory.CreateTempSubdirectory("mount-").FullName;
        bool mounted = false;
        try
        {
            mounted = DiskFullTests.Mount(probe, "size=64k");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // No mount program.
        }

        if (mounted)
        {
            DiskFullTests.Run("umount", probe);
        }

        Directory.Delete(probe);
        return mounted ? null : "mounting a tmpfs is not allowed here";
    }
}
