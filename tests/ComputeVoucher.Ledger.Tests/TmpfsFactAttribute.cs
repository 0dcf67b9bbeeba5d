using System;
using System.IO;

namespace ComputeVoucher.Ledger.Tests;

/// <summary>Skipped by name where mounting a tmpfs is not allowed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TmpfsFactAttribute : FactAttribute
{
    public TmpfsFactAttribute()
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
        else
        {
            Skip = "mounting a tmpfs is not allowed here";
        }

        Directory.Delete(probe);
    }
}
