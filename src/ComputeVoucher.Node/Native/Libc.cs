using System;
using System.IO;
using System.Runtime.InteropServices;
using ComputeVoucher.Node.Cli;

namespace ComputeVoucher.Node.Native;

/// <summary>
/// The few calls of the C library that the base class library hides or gets wrong.
/// </summary>
internal static partial class Libc
{
    private const int OpenReadOnly = 0;
    private const int OpenDirectory = 0x10000;
    private const int OpenCloseOnExec = 0x80000;

    /// <summary>Ends the process at once, without handlers: _exit(2).</summary>
    [LibraryImport("libc", EntryPoint = "_exit")]
    public static partial void ExitNow(int status);

    /// <summary>
    /// Fills the span from the kernel's generator, getrandom(2). RandomNumberGenerator would load
    /// libssl, and abort where there is none.
    /// </summary>
    public static void FillRandom(Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            nint got = GetRandom(ref MemoryMarshal.GetReference(destination),
                (nuint)destination.Length, 0);
            if (got <= 0)
            {
                throw new NodeException("the kernel gave no random bytes: getrandom failed with "
                    + $"errno {Marshal.GetLastPInvokeError()}");
            }

            destination = destination[(int)got..];
        }
    }

    /// <summary>
    /// Makes a file or a directory durable, fsync(2), and checks the result: .NET 10 on Linux drops
    /// the errors of its own flush calls.
    /// </summary>
    public static void Sync(string path)
    {
        int flags = Directory.Exists(path) ? OpenReadOnly | OpenDirectory : OpenReadOnly;
        int file = Open(path, flags | OpenCloseOnExec, 0);
        if (file < 0)
        {
            throw new IOException($"{path}: cannot open to flush, errno "
                + $"{Marshal.GetLastPInvokeError()}");
        }

        int result = Fsync(file);
        int error = Marshal.GetLastPInvokeError();
        _ = Close(file);
        if (result != 0)
        {
            throw new IOException($"{path}: fsync failed, errno {error}; the disk did not take it");
        }
    }

    /// <summary>True when the dynamic loader finds the library; it is closed again.</summary>
    public static bool HasLibrary(string name)
    {
        if (!NativeLibrary.TryLoad(name, out nint handle))
        {
            return false;
        }

        NativeLibrary.Free(handle);
        return true;
    }

    [LibraryImport("libc", EntryPoint = "getrandom", SetLastError = true)]
    private static partial nint GetRandom(ref byte buffer, nuint length, uint flags);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int file);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int file);
}
