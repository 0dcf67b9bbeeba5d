using System;
using System.Buffers.Binary;
using System.IO;
using ComputeVoucher.Primitives;
using ComputeVoucher.Storage;
using Microsoft.Win32.SafeHandles;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>
/// A file of two slots that says how many commits were durable at least. SQLite takes a rotten
/// frame of its log for the end of the log and would silently forget every commit behind it; this
/// mark tells such a loss from a torn tail.
/// </summary>
/// <remarks>
/// Written after the commit's fsync and never fsynced itself: what survives of it may be old, but
/// it never claims too much. So it is not written at a start either: what a killed process had
/// written may be in the page cache alone. The slots alternate, so one torn write leaves the other.
/// </remarks>
internal sealed class DurableMark : IDisposable
{
    public const string FileName = "ledger.mark";

    // Each slot in a sector of its own: a torn sector takes one slot.
    private const int SlotBytes = 4096;
    private const int MarkBytes = sizeof(ulong) + RowDigest.Size;

    private readonly SafeFileHandle _file;

    private DurableMark(SafeFileHandle file, ulong commit)
    {
        _file = file;
        Commit = commit;
    }

    /// <summary>The highest commit that a whole slot names.</summary>
    public ulong Commit { get; private set; }

    /// <summary>Creates the file, durably, naming commit 0.</summary>
    public static DurableMark Create(string directory)
    {
        string path = Path.Combine(directory, FileName);
        Posix.CreatePrivate(path);
        SafeFileHandle file = File.OpenHandle(
            path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite);
        DurableMark mark = new(file, 0);
        RandomAccess.Write(file, new byte[2 * SlotBytes], 0);
        mark.Write(0);
        mark.Write(1, 0);
        Posix.Sync(path);
        Posix.Sync(directory);
        return mark;
    }

    /// <summary>Opens the file; null when there is none.</summary>
    /// <exception cref="LedgerException">No slot is whole.</exception>
    public static DurableMark? Open(string directory)
    {
        string path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        SafeFileHandle file = File.OpenHandle(
            path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        ulong? commit = null;
        Span<byte> slot = stackalloc byte[MarkBytes];
        for (int i = 0; i < 2; i++)
        {
            if (RandomAccess.Read(file, slot, i * SlotBytes) == MarkBytes
                && BinaryPrimitives.ReadUInt128LittleEndian(slot[8..]) == Digest(slot[..8]))
            {
                ulong read = BinaryPrimitives.ReadUInt64LittleEndian(slot);
                commit = Math.Max(commit ?? 0, read);
            }
        }

        if (commit is null)
        {
            file.Dispose();
            return null;
        }

        return new DurableMark(file, commit.Value);
    }

    /// <exception cref="IOException">The write failed.</exception>
    public void Write(ulong commit)
    {
        Write((int)(commit % 2), commit);
        Commit = commit;
    }

    public void Dispose() => _file.Dispose();

    private void Write(int slot, ulong commit)
    {
        Span<byte> bytes = stackalloc byte[MarkBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, commit);
        BinaryPrimitives.WriteUInt128LittleEndian(bytes[8..], Digest(bytes[..8]));
        RandomAccess.Write(_file, bytes, slot * SlotBytes);
    }

    private static UInt128 Digest(ReadOnlySpan<byte> commit) =>
        BinaryPrimitives.ReadUInt128LittleEndian(Keccak256.Hash(commit).Span);
}
