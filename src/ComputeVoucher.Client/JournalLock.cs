using System;
using System.Buffers.Binary;
using System.Threading;
using ComputeVoucher.Primitives;
using ComputeVoucher.Storage;

namespace ComputeVoucher.Client;

/// <summary>
/// One client a channel, and one at a time that creates or migrates the file: bytes of a file
/// beside it that holds nothing. A lock dies with its process; the file stays.
/// </summary>
/// <remarks>
/// Beside and not inside: closing the database's own file would drop the locks that SQLite has on
/// it in this process.
/// </remarks>
internal sealed class JournalLock : IDisposable
{
    private const string Suffix = ".lock";

    /// <summary>Above every channel's byte.</summary>
    private const long SetupPosition = 1L << 62;

    /// <summary>For another client that creates or migrates the file, which takes a second; this
    /// bounds a hang.</summary>
    private const int WaitMillis = 60_000;

    /// <summary>Between two looks at a lock that another client has.</summary>
    private const int RetryMillis = 20;

    private int _file;

    private JournalLock(int file) => _file = file;

    /// <summary>The lock of a channel, or null when another client has it. Two channels share a
    /// byte once in 2^62 pairs; then they take turns.</summary>
    public static JournalLock? TryChannel(string path, in Bytes32 channel)
    {
        long position = (long)(BinaryPrimitives.ReadUInt64BigEndian(channel.Span) >> 2);
        return Try(path, position);
    }

    /// <summary>Waits until no other client creates or migrates the file.</summary>
    /// <exception cref="ClientException">One does, and does not finish.</exception>
    public static JournalLock Setup(string path, int waitMillis = WaitMillis)
    {
        // Counted and not measured: a clock may jump.
        for (int waited = 0; waited <= waitMillis; waited += RetryMillis)
        {
            if (Try(path, SetupPosition) is { } held)
            {
                return held;
            }

            Thread.Sleep(RetryMillis);
        }

        throw new ClientException($"{path}: another client creates or migrates this file and does "
            + "not finish (stop it)");
    }

    public void Dispose()
    {
        if (_file >= 0)
        {
            Posix.UnlockByte(_file);
            _file = -1;
        }
    }

    private static JournalLock? Try(string path, long position)
    {
        int file = Posix.LockByte(path + Suffix, position);
        return file < 0 ? null : new JournalLock(file);
    }
}
