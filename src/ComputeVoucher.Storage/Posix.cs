using System.IO;
using System.Runtime.InteropServices;

namespace ComputeVoucher.Storage;

/// <summary>
/// The calls whose errors .NET swallows or does not offer: fsync of a file and of a directory
/// (.NET 10.0.12 returns normally on EIO), and an advisory lock that no switch turns off.
/// </summary>
public static partial class Posix
{
    private const int ReadOnly = 0;
    private const int ReadWrite = 2;
    private const int Create = 0x40;
    private const int CloseOnExec = 0x80000;
    private const int LockExclusive = 2;
    private const int LockNoWait = 4;
    private const int WouldBlock = 11;

    /// <summary>Owner only: inputs are private to the holder.</summary>
    private const uint FileMode = 0x180;

    /// <summary>fsync of a path, file or directory.</summary>
    /// <exception cref="IOException">open or fsync failed.</exception>
    public static void Sync(string path)
    {
        int file = open(path, ReadOnly | CloseOnExec, 0);
        if (file < 0)
        {
            throw Failed("open", path, Marshal.GetLastPInvokeError());
        }

        int result = fsync(file);
        int error = Marshal.GetLastPInvokeError();
        _ = close(file);
        if (result != 0)
        {
            throw Failed("fsync", path, error);
        }
    }

    /// <summary>
    /// Opens a file and takes its exclusive lock; -1 when another process has it.
    /// </summary>
    /// <exception cref="IOException">Any other failure.</exception>
    public static int Lock(string path)
    {
        int file = open(path, ReadWrite | Create | CloseOnExec, FileMode);
        if (file < 0)
        {
            throw Failed("open", path, Marshal.GetLastPInvokeError());
        }

        if (flock(file, LockExclusive | LockNoWait) == 0)
        {
            return file;
        }

        int error = Marshal.GetLastPInvokeError();
        _ = close(file);
        return error == WouldBlock ? -1 : throw Failed("flock", path, error);
    }

    public static void Close(int file) => _ = close(file);

    private static IOException Failed(string call, string path, int error) => new(
        $"{call} {path}: {Marshal.GetPInvokeErrorMessage(error)}; check the disk and its "
        + "permissions");

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(int file, int operation);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int file);
}
