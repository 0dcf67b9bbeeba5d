using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace ComputeVoucher.Cli;

/// <summary>What only a whole program asks of the C library.</summary>
internal static partial class Libc
{
    /// <summary>EINTR: a signal came in between.</summary>
    public const int Interrupted = 4;

    /// <summary>EAGAIN: the descriptor would have to wait (O_NONBLOCK), and says so instead.
    /// </summary>
    private const int WouldBlock = 11;

    /// <summary>POLLOUT: there is room to write.</summary>
    private const short RoomToWrite = 4;

    private const int ByProcess = 1;
    private const int Exited = 4;
    private const int LeaveWaitable = 0x0100_0000;

    /// <summary>sizeof(siginfo_t).</summary>
    private const int SignalInfoBytes = 128;

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
            if (got < 0 && Marshal.GetLastPInvokeError() == Interrupted)
            {
                continue;
            }

            if (got <= 0)
            {
                throw new CommandException("the kernel gave no random bytes: getrandom failed "
                    + $"with errno {Marshal.GetLastPInvokeError()}");
            }

            destination = destination[(int)got..];
        }
    }

    /// <summary>Writes all of it, write(2), waiting for room also where the descriptor was made
    /// not to wait. False: it takes no more (its reader has gone, the disk is full).</summary>
    public static bool TryWrite(int descriptor, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint taken = Write(
                descriptor, ref MemoryMarshal.GetReference(bytes), (nuint)bytes.Length);
            int error = taken < 0 ? Marshal.GetLastPInvokeError() : 0;
            if (error == WouldBlock)
            {
                // Whatever poll says, the next write says it better.
                PollEntry entry = new() { Descriptor = descriptor, Wanted = RoomToWrite };
                _ = Poll(ref entry, 1, Timeout.Infinite);
            }
            else if (error is not (0 or Interrupted))
            {
                return false;
            }

            bytes = bytes[(int)Math.Max(taken, 0)..];
        }

        return true;
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

    /// <summary>
    /// Starts a program, posix_spawn(3); both lists end with null. Returns 0 or the error.
    /// </summary>
    [LibraryImport("libc", EntryPoint = "posix_spawn",
        StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Spawn(out int pid, string file, nint actions, nint attributes,
        string?[] arguments, string?[] environment);

    /// <summary>Waits for the end of a child, waitpid(2); -1 sets the last error.</summary>
    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    public static partial int WaitPid(int pid, out int status, int options);

    /// <summary>Waits for the end of a child and leaves its status to be taken, waitid(2); -1 sets
    /// the last error.</summary>
    public static int WaitEnd(int pid)
    {
        Span<byte> info = stackalloc byte[SignalInfoBytes];
        return WaitId(ByProcess, pid, ref MemoryMarshal.GetReference(info), Exited | LeaveWaitable);
    }

    /// <summary>Sends a signal, kill(2); to a process group where the number is negative.
    /// </summary>
    [LibraryImport("libc", EntryPoint = "kill")]
    public static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "waitid", SetLastError = true)]
    private static partial int WaitId(int kind, int id, ref byte info, int options);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollEntry entry, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int descriptor, ref byte bytes, nuint length);

    [LibraryImport("libc", EntryPoint = "getrandom", SetLastError = true)]
    private static partial nint GetRandom(ref byte buffer, nuint length, uint flags);

    /// <summary>struct pollfd; what happened stands behind it, and is not read.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 8)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Wanted;
    }
}
