using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Client.Tests;

public sealed class MigrationTests : IDisposable
{
    /// <summary>Written by the last client that had the old format; never written again.</summary>
    private static readonly byte[] s_frozen = Convert.FromHexString(File.ReadAllText(Path.Combine(
        SharedData.RepositoryRoot, "tests", "ComputeVoucher.Client.Tests", "journal-v1.hex"))
        .ReplaceLineEndings(""));

    private static readonly Bytes32 s_channel = Given.Terms(0).HashStruct();

    private readonly string _folder = Given.Folder();
    private readonly string _path;

    public MigrationTests() => _path = Path.Combine(_folder, "client.state");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Writer_OfTheTests_WritesWhatTheOldClientWrote() =>
        Assert.Equal(s_frozen, JournalV1Writer.Frozen().Bytes);

    [Fact]
    public void Open_FrozenFile_AllThereAndBackedUp()
    {
        File.WriteAllBytes(_path, s_frozen);
        File.SetUnixFileMode(_path, (UnixFileMode)0x1A4);
        string before;
        using (ClientJournal journal = Given.Open(_path))
        {
            before = Given.Describe(journal);
            Assert.Equal(6UL, journal.NextSeq);
            Assert.Equal(new Ack(s_channel, 111, 2), journal.NewestAck);
            Assert.Equal(Given.Signed(journal.NewestAck), journal.NewestAckBytes);
            Assert.Equal([3, 5], journal.Pending().Select(o => (int)o.Order.Seq));
            Assert.Equal(Given.Order(s_channel, 3, []).Signed, journal.Pending()[0].Signed);
            Assert.Equal([6, 7], journal.Pending()[1].Input.ToArray());
            Assert.True(journal.TryNextAck(out Ack refused));
            Assert.Equal(new Ack(s_channel, 111, 3), refused);
        }

        Assert.Equal(s_frozen, File.ReadAllBytes(_path + ".v1"));
        Assert.Equal("SQLite format 3"u8, File.ReadAllBytes(_path).AsSpan(0, 15));
        Assert.All([_path, _path + ".v1"], path => Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path)));
        Assert.Equal(["client.state", "client.state.lock", "client.state.v1"],
            Directory.GetFiles(_folder).Select(Path.GetFileName).Order());
        using (ClientJournal again = Given.Open(_path))
        {
            Assert.Equal(before, Given.Describe(again));
            again.Pending().ForEach(order => Given.Resolve(again, order, 10));
            Assert.True(again.TryNextAck(out Ack all));
            Assert.Equal(new Ack(s_channel, 138, 6), all);
        }

        Given.Open(_path, 1).Dispose();
        Assert.Equal(s_frozen, File.ReadAllBytes(_path + ".v1"));
    }

    [Fact]
    public void Open_CompactedFile_UnitsWithoutASignatureAreOwed()
    {
        JournalV1Writer old = new(0);
        old.Ack(20, 4);
        old.CompactedReceipt(4, 9);
        File.WriteAllBytes(_path, old.Bytes);
        using (ClientJournal journal = Given.Open(_path))
        {
            Given.Add(journal);
        }

        using ClientJournal again = Given.Open(_path);
        Assert.True(again.TryNextAck(out Ack ack));
        Assert.Equal(new Ack(s_channel, 29, 5), ack);
        Assert.Equal(5UL, Assert.Single(again.Pending()).Order.Seq);
    }

    [Fact]
    public void Open_CutAtEveryByte_LongestWholePrefix()
    {
        string[] prefixes = Prefixes();
        List<int> ends = JournalV1Writer.Frozen().Ends;
        int step = Runs.Count(fast: 9, full: 1);
        for (int length = 0; length <= s_frozen.Length; length++)
        {
            if (length % step < 2 || ends.Contains(length) || ends.Contains(length + 1))
            {
                // SQLite takes a file of one byte for an empty one.
                Expect(s_frozen[..length], prefixes,
                    ends.Count(end => end <= length), isEmpty: length < 2);
            }
        }
    }

    [Fact]
    public void Open_BitsFlipped_RefusedUnlessOnlyTheLastRecordIsLost()
    {
        string withoutLast = Prefixes()[^2];
        int last = JournalV1Writer.Frozen().Ends[^2];
        int step = Runs.Count(fast: 27, full: 1);
        int dropped = 0;
        for (int bit = 0; bit < s_frozen.Length * 8; bit += step)
        {
            byte[] flipped = [.. s_frozen];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Fresh(flipped);
            string? state = StateOrNull();
            Assert.True(state is null || (state == withoutLast && bit / 8 >= last), $"bit {bit}");
            Assert.True(state is not null || File.ReadAllBytes(_path).SequenceEqual(flipped));
            dropped += state is null ? 0 : 1;
        }

        Assert.True(dropped > 0, "no last record was dropped");
    }

    /// <summary>What a full disk left in the middle, and what reaches over whole records.</summary>
    [Fact]
    public void Open_DamageBeforeOtherRecords_RefusedWhateverTheEndLooksLike()
    {
        List<int> ends = JournalV1Writer.Frozen().Ends;
        // Order 2 was written in part, and whole records after it.
        byte[] inPart = [.. s_frozen[..(ends[6] - 30)], .. s_frozen[ends[6]..]];
        // Its length is the longest; behind it stands one whole order and a part of another.
        byte[] over = [.. s_frozen[..(ends[8] - 30)]];
        (over[ends[5]], over[ends[5] + 1], over[ends[5] + 2]) = (0, 0, 16);
        // A record that does not have its checksum, and behind it a part of another.
        byte[] twice = [.. s_frozen[..(ends[9] - 30)]];
        twice[ends[8] - 1] ^= 1;
        foreach (byte[] bytes in (byte[][])[inPart, over, twice])
        {
            RefusedAndUntouched(bytes, "damaged: the record at byte", 0);
        }
    }

    [Fact]
    public void Open_ZerosOfAPowerCutAtTheEnd_LongestWholePrefix()
    {
        string[] prefixes = Prefixes();
        List<int> ends = JournalV1Writer.Frozen().Ends;
        foreach (int cut in (int[])[ends[8], ends[8] + 3, ends[8] + 100, ends[9] - 1])
        {
            Expect([.. s_frozen[..cut], .. new byte[5_000]], prefixes, 9, isEmpty: false);
        }
    }

    /// <summary>A newer client was killed, and the old file put back over its file.</summary>
    [Theory]
    [InlineData("-wal")]
    [InlineData("-journal")]
    public void Open_LogOfANewerFileBesideAnOldFile_RefusedByNameAndUntouched(string suffix)
    {
        byte[] log;
        Fresh(s_frozen);
        using (ClientJournal newer = Given.Open(_path))
        {
            Given.Add(newer, new byte[100_000]);
            log = File.ReadAllBytes(_path + "-wal");
        }

        JournalV1Writer old = JournalV1Writer.Frozen();
        old.Order(6, [1]);
        old.Ack(200, 7);
        Fresh(old.Bytes);
        File.WriteAllBytes(_path + suffix, log);
        string message = Assert.Throws<ClientException>(() => Given.Open(_path)).Message;
        Assert.Contains($"{_path}{suffix} is the log", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        Assert.Equal(old.Bytes, File.ReadAllBytes(_path));
        Assert.Equal(log, File.ReadAllBytes(_path + suffix));
        Assert.False(File.Exists(_path + ".v1"));

        File.Delete(_path + suffix);
        using ClientJournal journal = Given.Open(_path);
        Assert.Equal(new Ack(s_channel, 200, 7), journal.NewestAck);
        Assert.Equal(old.Bytes, File.ReadAllBytes(_path + ".v1"));
    }

    [Theory]
    [InlineData("another channel", 1)]
    [InlineData("unknown kind 9", 0, 9)]
    [InlineData("damaged", 0, 3)]
    [InlineData("damaged", 0, 2)]
    public void Open_OldFileThatCannotBeTaken_RefusedByNameAndUntouched(
        string says, int channel, byte kind = 4)
    {
        JournalV1Writer old = new(0);
        old.Append(kind, new byte[kind == 4 ? 8 : 7]);
        RefusedAndUntouched(old.Bytes, says, channel);
    }

    [Fact]
    public void Open_SomethingElse_RefusedAndUntouched()
    {
        RefusedAndUntouched("my thesis"u8.ToArray(), "not a client state file", 0);
        RefusedAndUntouched(new byte[100_000], "not a client state file", 0);
    }

    [Fact]
    public void Open_AnotherFileHasTheNameOfTheBackup_RefusedAndBothUntouched()
    {
        File.WriteAllText(_path + ".v1", "an older one");
        RefusedAndUntouched(s_frozen, ".v1 is there already", 0);
        Assert.Equal("an older one", File.ReadAllText(_path + ".v1"));
    }

    [Fact]
    public void Open_AnOldClientRuns_Refused()
    {
        File.WriteAllBytes(_path, s_frozen);
        using (FileStream old = new(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            Assert.Throws<ClientException>(() => Given.Open(_path));
        }

        Assert.False(File.Exists(_path + ".v1"));
        Given.Open(_path).Dispose();
    }

    [Fact]
    public void Open_KilledWithTheBackupMadeAndTheNewFileHalfWritten_Finishes()
    {
        File.WriteAllBytes(_path, s_frozen);
        File.WriteAllText(_path + ".migrating", "SQLite format 3");
        File.WriteAllText(_path + ".migrating-wal", "half");
        Assert.True(Storage.Posix.Link(_path, _path + ".v1"));
        using ClientJournal journal = Given.Open(_path);
        Assert.Equal(6UL, journal.NextSeq);
        Assert.Equal(s_frozen, File.ReadAllBytes(_path + ".v1"));
    }

    private void RefusedAndUntouched(byte[] bytes, string says, int channel)
    {
        File.WriteAllBytes(_path, bytes);
        string[] files = Directory.GetFiles(_folder);
        string message = Assert.Throws<ClientException>(() => Given.Open(_path, channel)).Message;
        Assert.Contains(says, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        Assert.Equal(bytes, File.ReadAllBytes(_path));
        Assert.Equal([.. files, _path + ".lock"], Directory.GetFiles(_folder).Order().Distinct()
            .OrderBy(f => f.EndsWith(".lock", StringComparison.Ordinal)));
        File.Delete(_path + ".lock");
    }

    /// <summary>What the first so many whole records of the frozen file say.</summary>
    private string[] Prefixes()
    {
        List<int> ends = JournalV1Writer.Frozen().Ends;
        string[] prefixes = new string[ends.Count + 1];
        (ulong Next, int Units, int Open, int Unacked)[] expected =
        [
            (0, 0, 0, 0), (1, 0, 1, 0), (2, 0, 2, 0), (2, 0, 1, 1), (2, 0, 0, 2), (2, 111, 0, 0),
            (3, 111, 1, 0), (4, 111, 2, 0), (5, 111, 3, 0), (6, 111, 4, 0), (6, 111, 3, 1),
            (6, 111, 2, 2),
        ];
        for (int i = 1; i <= ends.Count; i++)
        {
            Fresh(s_frozen[..ends[i - 1]]);
            using ClientJournal journal = Given.Open(_path);
            prefixes[i] = Given.Describe(journal);
            Assert.Equal(expected[i - 1], (journal.NextSeq, (int)journal.NewestAck.CumUnits,
                journal.Pending().Count, journal.UnackedCount));
        }

        return prefixes;
    }

    /// <summary>The state of so many whole records; refused when there is none, unless the file
    /// is empty.</summary>
    private void Expect(byte[] bytes, string[] prefixes, int whole, bool isEmpty)
    {
        Fresh(bytes);
        if (isEmpty)
        {
            using ClientJournal fresh = Given.Open(_path);
            Assert.Equal(0UL, fresh.NextSeq);
            return;
        }

        if (whole == 0)
        {
            Assert.Throws<ClientException>(() => Given.Open(_path));
            Assert.Equal(bytes, File.ReadAllBytes(_path));
            return;
        }

        using ClientJournal journal = Given.Open(_path);
        Assert.Equal(prefixes[whole], Given.Describe(journal));
    }

    private string? StateOrNull()
    {
        try
        {
            using ClientJournal journal = Given.Open(_path);
            return Given.Describe(journal);
        }
        catch (ClientException)
        {
            return null;
        }
    }

    private void Fresh(byte[] bytes)
    {
        File.Delete(_path + ".v1");
        File.WriteAllBytes(_path, bytes);
    }
}
