using System.IO;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ComputeVoucher.Storage;

/// <summary>
/// The calls whose errors .NET swallows or does not offer: fsync of a file and of a directory
/// (.NET 10.0.12 returns normally on EIO), advisory locks that no switch turns off, and files that
/// are private from their first moment.
/// </summary>
public static partial class Posix
{
    private const int ReadOnly = 0;
    private const int ReadWrite = 2;
    private const int Create = 0x40;
    private const int Exclusive = 0x80;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const int LockExclusive = 2;
    private const int LockNoWait = 4;
    private const int LockNone = 8;
    private const int Interrupted = 4;
    private const int Denied = 13;
    private const int WouldBlock = 11;
    private const int Exists = 17;
    private const int NotFound = 2;

    /// <summary>fcntl's locks of an open file: they die with it, as flock, and take ranges.
    /// </summary>
    private const int SetLock = 37;
    private const short WriteLock = 1;
    private const short NoLock = 2;

    /// <summary>statx: paths relative to here; asked for type, mode, owner and inode.</summary>
    private const int WorkingDirectory = -100;
    private const uint StatusMask = 0x10B;
    private const int EmptyPath = 0x1000;
    private const ushort TypeMask = 0xF000;
    private const ushort RegularFile = 0x8000;

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

    /// <summary>
    /// Opens a file of locks, one for each byte position, and takes one; -1 when another holds it.
    /// </summary>
    /// <exception cref="IOException">Any other failure.</exception>
    public static int LockByte(string path, long position)
    {
        int file = open(path, ReadWrite | Create | CloseOnExec, FileMode);
        if (file < 0)
        {
            throw Failed("open", path, Marshal.GetLastPInvokeError());
        }

        ByteRange range = new() { Type = WriteLock, Start = position, Length = 1 };
        int error;
        do
        {
            if (fcntl(file, SetLock, ref range) == 0)
            {
                return file;
            }

            error = Marshal.GetLastPInvokeError();
        }
        while (error == Interrupted);

        _ = close(file);
        return error is WouldBlock or Denied ? -1 : throw Failed("fcntl", path, error);
    }

    /// <summary>Gives the byte of <see cref="LockByte"/> back and closes the file. A close alone
    /// would leave the lock for a moment with a process that this one just started, which has a
    /// copy of the file until it runs its own program.</summary>
    public static void UnlockByte(int file)
    {
        ByteRange all = new() { Type = NoLock };
        _ = fcntl(file, SetLock, ref all);
        _ = close(file);
    }

    /// <summary>Gives the lock of <see cref="Lock"/> back and closes the file, for the same reason
    /// in this order.</summary>
    public static void Unlock(int file)
    {
        _ = flock(file, LockNone);
        _ = close(file);
    }

    /// <summary>Creates an empty file that only its owner reads, whatever the umask; false when
    /// there is one.</summary>
    /// <exception cref="IOException">Any other failure.</exception>
    public static bool CreatePrivate(string path)
    {
        int file = open(path, ReadWrite | Create | Exclusive | CloseOnExec, FileMode);
        if (file >= 0)
        {
            _ = close(file);
            return true;
        }

        int error = Marshal.GetLastPInvokeError();
        return error == Exists ? false : throw Failed("create", path, error);
    }

    /// <summary>Gives a file a second name; false when that name is taken.</summary>
    /// <exception cref="IOException">Any other failure, as a file system without links.</exception>
    public static bool Link(string path, string second)
    {
        if (link(path, second) == 0)
        {
            return true;
        }

        int error = Marshal.GetLastPInvokeError();
        return error == Exists ? false : throw Failed("link", second, error);
    }

    /// <summary>Takes from a file what others may do with it; nothing where there is none.
    /// </summary>
    /// <returns>Whether there was something to take.</returns>
    /// <exception cref="IOException">It is another owner's.</exception>
    public static bool Narrow(string path)
    {
        if (statx(WorkingDirectory, path, 0, StatusMask, out Statx found) != 0
            || (found.Mode & ~(TypeMask | FileMode)) == 0)
        {
            return false;
        }

        return chmod(path, found.Mode & FileMode) == 0
            ? true
            : throw Failed("chmod", path, Marshal.GetLastPInvokeError());
    }

    /// <summary>What stands at a path, without opening it (a close drops the locks that SQLite has
    /// on the file in this process); null when nothing does.</summary>
    /// <exception cref="IOException">It cannot be looked at.</exception>
    public static FileStatus? Status(string path)
    {
        if (statx(WorkingDirectory, path, 0, StatusMask, out Statx found) == 0)
        {
            return StatusOf(found);
        }

        int error = Marshal.GetLastPInvokeError();
        return error == NotFound ? null : throw Failed("stat", path, error);
    }

    /// <summary>Opens what is a file, to read, and never waits as the open of a pipe would; null
    /// for anything else.</summary>
    /// <param name="path">The file, or a link to it.</param>
    /// <param name="status">Of what was opened, whatever becomes of its name meanwhile.</param>
    /// <exception cref="IOException">Missing, or not this user's to read.</exception>
    public static SafeFileHandle? OpenRegular(string path, out FileStatus status)
    {
        status = default;
        // Looked at before it is opened: the open of a device may do something.
        if (Status(path) is { IsRegular: false })
        {
            return null;
        }

        int file = open(path, ReadOnly | NonBlocking | CloseOnExec, 0);
        if (file < 0)
        {
            throw Failed("open", path, Marshal.GetLastPInvokeError());
        }

        SafeFileHandle handle = new(file, ownsHandle: true);
        if (statx(file, "", EmptyPath, StatusMask, out Statx found) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            handle.Dispose();
            throw Failed("stat", path, error);
        }

        status = StatusOf(found);
        if (status.IsRegular)
        {
            return handle;
        }

        handle.Dispose();
        return null;
    }

    /// <summary>The name without links, "." and ".."; null where the kernel does not say.</summary>
    // Safety: the only pointer is the library's own answer, freed once.
    public static unsafe string? RealPath(string path)
    {
        byte* found = realpath(path, null);
        // Safety: a text that ends with zero, allocated by the library, or null.
        string? real = Marshal.PtrToStringUTF8((nint)found);
        NativeMemory.Free(found);
        return real;
    }

    private static FileStatus StatusOf(in Statx found) => new(
        (found.Mode & TypeMask) == RegularFile, found.Inode, found.Device)
    {
        Owner = found.Owner,
        Permissions = (UnixFileMode)(found.Mode & ~TypeMask),
    };

    private static IOException Failed(string call, string path, int error) => new(
        $"{call} {path}: {Marshal.GetPInvokeErrorMessage(error)}; check the disk and its "
        + "permissions");

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, uint mode);

    // Safety: allocates its answer where the second argument is null.
    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial byte* realpath(string path, byte* answer);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(int file, int operation);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int file);

    // Variadic in C; on Linux, x86-64 and arm64, a pointer travels there as in any other call.
    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int file, int command, ref ByteRange range);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int link(string path, string second);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chmod(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(
        int directory, string path, int flags, uint mask, out Statx found);

    /// <summary>struct flock; whence 0 is the file's start, and the process stays 0.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 32)]
    private struct ByteRange
    {
        [FieldOffset(0)]
        public short Type;

        [FieldOffset(8)]
        public long Start;

        [FieldOffset(16)]
        public long Length;
    }

    /// <summary>struct statx, the same on every processor (stat's is not).</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Statx
    {
        [FieldOffset(20)]
        public uint Owner;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        /// <summary>Major and minor number.</summary>
        [FieldOffset(136)]
        public ulong Device;
    }
}

/// <summary>What stands at a path.</summary>
/// <param name="IsRegular">A file, not a folder or a device.</param>
/// <param name="Inode">Which one on its device.</param>
/// <param name="Device">Both numbers of the device.</param>
public readonly record struct FileStatus(bool IsRegular, ulong Inode, ulong Device)
{
    /// <summary>The user whose it is.</summary>
    public uint Owner { get; init; }

    public UnixFileMode Permissions { get; init; }
}
