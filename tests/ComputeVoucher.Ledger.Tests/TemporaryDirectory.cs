using System;
using System.IO;

namespace ComputeVoucher.Ledger.Tests;

/// <summary>A directory that is gone after the test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    // Memory where there is such a file system: the tests open some thousand ledgers.
    private static readonly string s_parent =
        Directory.Exists("/dev/shm") ? "/dev/shm" : System.IO.Path.GetTempPath();

    public TemporaryDirectory()
    {
        Path = System.IO.Path.Combine(s_parent, "ledger-" + Guid.NewGuid().ToString("n"));
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>A copy of the files as they are now, as a crash would leave them.</summary>
    public TemporaryDirectory Copy()
    {
        TemporaryDirectory copy = new();
        foreach (string file in Directory.GetFiles(Path))
        {
            if (!file.EndsWith("-shm", StringComparison.Ordinal)
                && !file.EndsWith(".lock", StringComparison.Ordinal))
            {
                System.IO.File.Copy(file, copy.File(System.IO.Path.GetFileName(file)));
            }
        }

        return copy;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
