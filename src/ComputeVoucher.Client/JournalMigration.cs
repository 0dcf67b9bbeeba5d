using System;
using System.IO;
using ComputeVoucher.Primitives;
using ComputeVoucher.Storage;

namespace ComputeVoucher.Client;

/// <summary>
/// An old journal becomes a database, once, and stays beside it under a second name. Killed at any
/// point, the path holds the whole old file or the whole new one.
/// </summary>
internal static class JournalMigration
{
    /// <summary>Where the old file stays.</summary>
    private const string Backup = ".v1";

    /// <summary>The new file while it is written; what a killed run left there is removed.
    /// </summary>
    private const string Building = ".migrating";

    /// <summary>No other client may be in here: <see cref="JournalLock.Setup"/>.</summary>
    /// <exception cref="ClientException">In use by an old client, of another channel, no journal,
    /// a log of a newer file beside it, or another file has the backup's name.</exception>
    public static void Run(string path, in Bytes32 channel, in Address node)
    {
        RefuseLog(path);
        // The old client's own lock, held until its file has left the path.
        using FileStream old = new(
            path, FileMode.Open, FileAccess.Read, FileShare.None, bufferSize: 1 << 16);
        JournalV1 journal = JournalV1.Read(path, old, channel);
        Keep(path);
        Build(path + Building, journal, channel, node);
        File.Move(path + Building, path, overwrite: true);
        // Or a power cut brings the old file back, without what is written from now on.
        SyncFolder(path);
    }

    public static void SyncFolder(string path) =>
        Posix.Sync(Path.GetDirectoryName(Path.GetFullPath(path))!);

    /// <summary>A client of this format was killed, and its file replaced by an older one: SQLite
    /// would put the log that it left over whatever stands at the path.</summary>
    private static void RefuseLog(string path)
    {
        foreach (string suffix in (string[])["-wal", "-journal"])
        {
            if (Posix.Status(path + suffix) is not null)
            {
                throw new ClientException($"{path}{suffix} is the log of a newer client's file, and"
                    + $" {path} is none (move the log away, then start again)");
            }
        }
    }

    /// <summary>The backup is the old file itself: complete whenever it is there.</summary>
    private static void Keep(string path)
    {
        string backup = path + Backup;
        if (!Posix.Link(path, backup) && Posix.Status(backup) != Posix.Status(path))
        {
            throw new ClientException($"{backup} is there already, and {path} is to be kept under "
                + "that name (move it away)");
        }

        Posix.Narrow(backup);
        Posix.Sync(backup);
        SyncFolder(path);
    }

    private static void Build(
        string path, JournalV1 journal, Bytes32 channel, Address node)
    {
        foreach (string suffix in (string[])["", "-wal", "-shm", "-journal"])
        {
            File.Delete(path + suffix);
        }

        _ = Posix.CreatePrivate(path);
        using (JournalFile file = JournalFile.Open(path))
        {
            file.Write(durable: true, () => Fill(file, journal, channel, node));
        }

        if (Posix.Status(path + "-wal") is not null)
        {
            throw new ClientException(
                $"{path}: SQLite could not finish the new file (free some space)");
        }

        Posix.Sync(path);
    }

    private static void Fill(
        JournalFile file, JournalV1 journal, in Bytes32 channel, in Address node)
    {
        UInt128 sum = 0;
        foreach ((ulong seq, PendingOrder order) in journal.Pending)
        {
            file.AddOrder(channel, seq, order);
            sum += JournalDigest.OfOrder(channel, seq, order.Signed.Span, order.Input.Span);
        }

        foreach ((ulong seq, SettledV1 settled) in journal.Settled)
        {
            file.PutSettled(channel, seq, settled.Units, settled.Receipt);
            sum += JournalDigest.OfSettled(channel, seq, settled.Units, settled.Receipt);
        }

        file.PutChannel(channel, new ChannelRecord(node, journal.NextSeq, journal.AckSigned, sum));
    }
}
