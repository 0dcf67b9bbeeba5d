using System;
using System.IO;
using ComputeVoucher.Storage;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>One process a data directory. The lock dies with the process, the file stays.</summary>
internal sealed class DirectoryLock : IDisposable
{
    public const string FileName = "ledger.lock";

    private int _file;

    private DirectoryLock(int file) => _file = file;

    /// <exception cref="LedgerException">Another process holds it.</exception>
    public static DirectoryLock Take(string directory)
    {
        int file = Posix.Lock(Path.Combine(directory, FileName));
        return file >= 0
            ? new DirectoryLock(file)
            : throw new LedgerException(
                $"{directory} is in use by another instance; stop it, or name another directory");
    }

    public void Dispose()
    {
        if (_file >= 0)
        {
            Posix.Unlock(_file);
            _file = -1;
        }
    }
}
