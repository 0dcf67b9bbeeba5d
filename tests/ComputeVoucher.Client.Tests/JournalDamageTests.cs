using System;
using System.Collections.Generic;
using System.IO;
using ComputeVoucher.Storage;
using ComputeVoucher.TestKit;
using SQLitePCL;

namespace ComputeVoucher.Client.Tests;

/// <summary>A file that is not what was written: refused with one line, or right.</summary>
public sealed class JournalDamageTests : IDisposable
{
    private readonly string _folder = Given.Folder();
    private readonly string _path;

    public JournalDamageTests() => _path = Path.Combine(_folder, "client.state");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void File_EveryByteFlipped_RefusedOrRight()
    {
        byte[] good = Small();
        string right = EndOf(good)!;
        int bits = Runs.Count(fast: 1, full: 8);
        int refused = 0;
        for (int i = 0; i < good.Length * bits; i++)
        {
            byte[] flipped = [.. good];
            flipped[i / bits] ^= (byte)(1 << ((i / bits * 3 + i) % 8));
            string? end = EndOf(flipped);
            refused += end is null ? 1 : 0;
            Assert.True(end is null || end == right, $"bit {i}: {end}");
        }

        Assert.InRange(refused, good.Length * bits / 4, good.Length * bits);
    }

    [Fact]
    public void File_CutAtEveryPlace_RefusedOrRight()
    {
        byte[] good = Small();
        string right = EndOf(good)!;
        int refused = 0;
        int step = Runs.Count(fast: 17, full: 1);
        // SQLite takes a file of one byte for an empty one.
        for (int length = 2; length < good.Length; length += step)
        {
            string? end = EndOf(good[..length]);
            refused += end is null ? 1 : 0;
            Assert.True(end is null || end == right, $"cut at {length}: {end}");
        }

        // The last page may have nothing at its end.
        Assert.True(refused > (good.Length - 512) / step - 1, $"{refused} refused");
    }

    /// <summary>The log that a killed client leaves: what is whole counts, as far as it goes.
    /// </summary>
    [Fact]
    public void Log_CutOrFlipped_AStateThatWas()
    {
        HashSet<string> states = [];
        string copy = Path.Combine(_folder, "copy");
        byte[] log;
        using (ClientJournal journal = Given.Open(_path))
        {
            states.Add(Given.Describe(journal));
            for (uint i = 0; i < 3; i++)
            {
                PendingOrder order = Given.Add(journal, [1]);
                states.Add(Given.Describe(journal));
                Given.Resolve(journal, order, 10 + i);
                states.Add(Given.Describe(journal));
            }

            Given.Acknowledge(journal);
            states.Add(Given.Describe(journal));
            File.Copy(_path, copy);
            log = File.ReadAllBytes(_path + "-wal");
        }

        byte[] file = File.ReadAllBytes(copy);
        int step = Runs.Count(fast: 97, full: 7);
        HashSet<string> seen = [];
        for (int at = 0; at <= log.Length; at += step)
        {
            seen.Add(StateOf(file, log[..at]) ?? "refused");
            byte[] flipped = [.. log];
            flipped[Math.Min(at, log.Length - 1)] ^= (byte)(1 << (at % 8));
            seen.Add(StateOf(file, flipped) ?? "refused");
        }

        seen.Add(StateOf(file, log)!);
        Assert.Subset(states, seen);
        Assert.True(seen.Count > 4, "the damage did not reach the log");
    }

    [Fact]
    public void Rows_LostOrChangedBehindOurBack_Refused()
    {
        byte[] good = Small();
        Assert.NotNull(EndOf(good));
        string[] changes =
        [
            "DELETE FROM orders WHERE rowid = (SELECT max(rowid) FROM orders)",
            "DELETE FROM settled WHERE units = (SELECT max(units) FROM settled)",
            "UPDATE settled SET units = zeroblob(16)",
            "UPDATE settled SET seq = x'00000000000000ff'",
            "UPDATE orders SET input = x'00'",
            "UPDATE channels SET next_seq = zeroblob(8)",
            "UPDATE channels SET ack = NULL",
            "UPDATE channels SET id = zeroblob(32) WHERE next_seq > zeroblob(8)",
            "DELETE FROM channels",
            "UPDATE channels SET node = zeroblob(20)",
            "UPDATE channels SET digest = x''",
            "DROP TABLE settled",
        ];
        foreach (string change in changes)
        {
            File.WriteAllBytes(_path, good);
            Execute(change);
            string message = Assert.Throws<ClientException>(() => Given.Open(_path)).Message;
            Assert.Contains("filled in from the node", message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
        }
    }

    [Theory]
    [InlineData("another program's", "PRAGMA application_id = 7")]
    [InlineData("another program's", "PRAGMA application_id = 0")]
    [InlineData("schema 3", "PRAGMA user_version = 3")]
    [InlineData("schema 1", "PRAGMA user_version = 1")]
    public void Open_ForeignOrNewerDatabase_RefusedByName(string says, string change)
    {
        Given.Open(_path).Dispose();
        Execute(change);
        byte[] before = File.ReadAllBytes(_path);
        string message = Assert.Throws<ClientException>(() => Given.Open(_path)).Message;
        Assert.Contains(says, message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(_path));
    }

    /// <summary>A journal with everything in it, in as few bytes as SQLite can.</summary>
    private byte[] Small()
    {
        using (ClientJournal journal = Given.Open(_path))
        {
            Given.Resolve(journal, Given.Add(journal), 100);
            Given.Acknowledge(journal);
            Given.Add(journal);
            Given.Resolve(journal, Given.Add(journal), 77);
            Given.Add(journal, [4]);
        }

        // The other channel's row must not make up for a damage of ours.
        Given.Open(_path, 1).Dispose();
        Execute("PRAGMA journal_mode = DELETE");
        Execute("PRAGMA page_size = 512; VACUUM");
        return File.ReadAllBytes(_path);
    }

    /// <summary>How a file ends that is used to its end; null when it is refused.</summary>
    private string? EndOf(byte[] bytes)
    {
        File.WriteAllBytes(_path, bytes);
        File.Delete(_path + "-wal");
        return Refusable(Given.DescribeToTheEnd);
    }

    private string? StateOf(byte[] file, byte[] log)
    {
        File.WriteAllBytes(_path, file);
        File.WriteAllBytes(_path + "-wal", log);
        File.Delete(_path + "-shm");
        return Refusable(Given.Describe);
    }

    private string? Refusable(Func<ClientJournal, string> describe)
    {
        try
        {
            using ClientJournal journal = Given.Open(_path);
            return describe(journal);
        }
        catch (ClientException refused)
        {
            Assert.DoesNotContain('\n', refused.Message);
            Assert.DoesNotContain("another client", refused.Message, StringComparison.Ordinal);
            return null;
        }
    }

    private void Execute(string sql)
    {
        using sqlite3 connection = Sqlite.OpenExisting(_path);
        Sqlite.Check(connection, raw.sqlite3_exec(connection, sql));
    }
}
