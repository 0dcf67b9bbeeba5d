using System;
using System.Buffers.Binary;
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

    private int _file;

    private JournalLock(int file) => _file = file;

    /// <summary>The lock of a channel, or null when another client has it. Two channels share a
    /// byte once in 2^62 pairs; then they take turns.</summary>
    public static JournalLock? TryChannel(string path, in Bytes32 channel)
    {
        long position = (long)(BinaryPrimitives.ReadUInt64BigEndian(channel.Span) >> 2);
        int file = Posix.LockByte(path + Suffix, position, wait: false);
        return file < 0 ? null : new JournalLock(file);
    }

    /// <summary>Waits until no other client creates or migrates the file.</summary>
    public static JournalLock Setup(string path) =>
        new(Posix.LockByte(path + Suffix, SetupPosition, wait: true));

    public void Dispose()
    {
        if (_file >= 0)
        {
            Posix.UnlockByte(_file);
            _file = -1;
        }
    }
}
