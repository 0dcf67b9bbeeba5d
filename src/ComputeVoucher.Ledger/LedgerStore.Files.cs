using System;
using System.IO;
using System.Threading.Tasks;
using ComputeVoucher.Ledger.Internal;

namespace ComputeVoucher.Ledger;

/// <summary>What stands beside the rows: copies, and the place of a socket.</summary>
public sealed partial class LedgerStore
{
    private const string SocketName = "control.sock";

    /// <summary>Where the process that has a ledger open may be asked.</summary>
    public static string SocketPathOf(string directory) => Path.Combine(directory, SocketName);

    /// <summary>The same of this ledger, with what a killed process left there removed: the lock
    /// says that it is gone. Null for a ledger without a directory.</summary>
    public string? SocketPath()
    {
        if (Path.GetDirectoryName(_database.Path) is not { Length: > 0 } directory)
        {
            return null;
        }

        string path = SocketPathOf(directory);
        File.Delete(path);
        return path;
    }

    /// <summary>Copies the ledger as it is now into one file; it goes on meanwhile.</summary>
    /// <returns>The commit that the copy ends with.</returns>
    /// <exception cref="LedgerException">The file is there, or cannot be written.</exception>
    public async Task<ulong> BackupAsync(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        await FlushAsync().ConfigureAwait(false);
        lock (_scanGate)
        {
            ObjectDisposedException.ThrowIf(Status == LedgerStatus.Closed, this);
            return _scanner is Database database
                ? LedgerCopy.Write(database, path)
                : throw new LedgerException("a ledger without a file has no copy");
        }
    }

    /// <summary>Makes a ledger of a copy, in a directory that has none.</summary>
    /// <returns>The commit that it ends with.</returns>
    /// <exception cref="LedgerException">There is one, or the copy is damaged.</exception>
    public static ulong Restore(string path, string directory) =>
        LedgerCopy.Restore(path, directory);
}
