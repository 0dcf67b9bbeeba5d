using System;
using System.IO;
using System.Linq;
using ComputeVoucher.Primitives;
using ComputeVoucher.Storage;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Client.Tests;

public sealed class ClientJournalTests : IDisposable
{
    private static readonly Bytes32 s_channel = Given.Terms(0).HashStruct();

    private readonly string _folder = Given.Folder();
    private readonly string _path;

    public ClientJournalTests() => _path = Path.Combine(_folder, "client.state");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Reopen_OrdersReceiptsAck_AllRemembered()
    {
        string before;
        using (ClientJournal journal = Given.Open(_path))
        {
            PendingOrder first = Given.Add(journal);
            Given.Add(journal);
            PendingOrder third = Given.Add(journal);
            Given.Resolve(journal, first, 100);
            Given.Resolve(journal, third, 7);
            Given.Acknowledge(journal);
            before = Given.Describe(journal);
        }

        using ClientJournal again = Given.Open(_path);
        Assert.Equal(before, Given.Describe(again));
        Assert.Equal(3UL, again.NextSeq);
        Assert.Equal(new Ack(s_channel, 100, 1), again.NewestAck);
        PendingOrder left = Assert.Single(again.Pending());
        Assert.Equal(1UL, left.Order.Seq);
        Assert.Equal([1, 2, 3], left.Input.ToArray());
        // The third is settled and may not be acknowledged before the second.
        Assert.False(again.TryNextAck(out _));
        Given.Resolve(again, left, 10);
        Assert.True(again.TryNextAck(out Ack ack));
        Assert.Equal(new Ack(s_channel, 117, 3), ack);
    }

    [Fact]
    public void Refuse_Order_OwesNothing()
    {
        using ClientJournal journal = Given.Open(_path);
        journal.Refuse(Given.Add(journal).Order.Seq);
        Assert.True(journal.TryNextAck(out Ack ack));
        Assert.Equal(new Ack(s_channel, 0, 1), ack);
    }

    [Fact]
    public void Adopt_WhatOnlyTheNodeKnows_RememberedAndNeverUsedAgain()
    {
        string before;
        using (ClientJournal journal = Given.Open(_path))
        {
            Ack ack = new(s_channel, 50, 4);
            journal.Adopt(ack, Given.Signed(ack), 4);
            Adopt(journal, 6, 30);
            // Known already: neither counts twice.
            Adopt(journal, 6, 99);
            Adopt(journal, 3, 99);
            Ack older = new(s_channel, 10, 2);
            journal.Adopt(older, Given.Signed(older), 2);
            Assert.Equal(7UL, journal.NextSeq);
            Assert.False(journal.TryNextAck(out _));
            journal.FillGaps();
            before = Given.Describe(journal);
        }

        using ClientJournal again = Given.Open(_path);
        Assert.Equal(before, Given.Describe(again));
        Assert.True(again.TryNextAck(out Ack next));
        Assert.Equal(new Ack(s_channel, 80, 7), next);
        Assert.Equal(7UL, Given.Add(again).Order.Seq);
    }

    [Fact]
    public void Adopt_NextSequenceAlone_Remembered()
    {
        using (ClientJournal journal = Given.Open(_path))
        {
            Ack none = new(s_channel, 0, 0);
            journal.Adopt(none, Given.Signed(none), 9);
        }

        using ClientJournal again = Given.Open(_path);
        Assert.Equal(9UL, again.NextSeq);
        Assert.Null(again.NewestAckBytes);
    }

    [Fact]
    public void RecordAck_CoversAnOpenOrder_BothGone()
    {
        using (ClientJournal journal = Given.Open(_path))
        {
            Given.Add(journal);
            Ack ack = new(s_channel, 5, 3);
            journal.RecordAck(ack, Given.Signed(ack));
        }

        using ClientJournal again = Given.Open(_path);
        Assert.Empty(again.Pending());
        Assert.Equal(3UL, again.NextSeq);
    }

    [Fact]
    public void Open_TwoChannelsOfTwoNodes_OneFileAndNothingMixed()
    {
        string[] before;
        using (ClientJournal even = Given.Open(_path))
        using (ClientJournal odd = Given.Open(_path, 1))
        {
            for (uint i = 0; i < 20; i++)
            {
                Given.Resolve(even, Given.Add(even), 1);
                Given.Resolve(odd, Given.Add(odd, [(byte)i]), 1_000);
                if (i % 3 == 0)
                {
                    Given.Acknowledge(i % 2 == 0 ? even : odd);
                }
            }

            Given.Add(even);
            before = [Given.Describe(even), Given.Describe(odd)];
            Assert.Equal((20, 20_000), (Owed(even), Owed(odd)));
        }

        using ClientJournal evenAgain = Given.Open(_path);
        using ClientJournal oddAgain = Given.Open(_path, 1);
        Assert.Equal(before[0], Given.Describe(evenAgain));
        Assert.Equal(before[1], Given.Describe(oddAgain));
        Assert.NotEqual(Given.Terms(0).Node, Given.Terms(1).Node);
    }

    [Fact]
    public void Open_InUse_RefusedForThatChannelAlone()
    {
        using ClientJournal journal = Given.Open(_path);
        string message = Assert.Throws<ClientException>(() => Given.Open(_path)).Message;
        Assert.Contains("one request at a time", message, StringComparison.Ordinal);
        Assert.Contains(s_channel.ToString(), message, StringComparison.Ordinal);
        string link = Path.Combine(_folder, "link");
        File.CreateSymbolicLink(link, _path);
        Assert.Throws<ClientException>(() => Given.Open(link));
        Given.Open(_path, 1).Dispose();
        Given.Open(link, 2).Dispose();
    }

    [Fact]
    public void Add_LargeInputsForLong_FileStaysSmallWithoutLoss()
    {
        using (ClientJournal journal = Given.Open(_path))
        {
            byte[] input = new byte[1 << 20];
            for (int i = 0; i < 12; i++)
            {
                Given.Resolve(journal, Given.Add(journal, input), 3);
            }

            PendingOrder open = Given.Add(journal, input);
            PendingOrder settled = Given.Add(journal, input);
            Given.Resolve(journal, settled, 9);
            Given.Acknowledge(journal);
            Assert.Equal(12UL, open.Order.Seq);
        }

        // Two inputs were there at a time.
        Assert.InRange(new FileInfo(_path).Length, 1, 4 << 20);
        using ClientJournal again = Given.Open(_path);
        Assert.Equal(14UL, again.NextSeq);
        Assert.Equal(new Ack(s_channel, 36, 12), again.NewestAck);
        Given.Resolve(again, Assert.Single(again.Pending()), 1);
        Assert.True(again.TryNextAck(out Ack ack));
        Assert.Equal(new Ack(s_channel, 46, 14), ack);
    }

    [Fact]
    public void Add_MuchWithoutAnAck_LogIsMovedIntoTheFile()
    {
        using ClientJournal journal = Given.Open(_path);
        for (int i = 0; i < 36; i++)
        {
            Given.Add(journal, new byte[1 << 20]);
        }

        Assert.InRange(new FileInfo(_path + "-wal").Length, 1 << 20, 20 << 20);
    }

    [Fact]
    public void Write_ChangeThrows_NothingOfItAndTheFileIsFree()
    {
        Given.Open(_path).Dispose();
        using JournalFile file = JournalFile.Open(_path);
        ChannelRecord row = new(Given.NodeKey.Address, 7, null, 0);
        Assert.Throws<InvalidTimeZoneException>(() => file.Write(durable: false, () =>
        {
            file.PutChannel(s_channel, row);
            throw new InvalidTimeZoneException("not of SQLite");
        }));
        Assert.Null(file.Channel(s_channel));
        using (JournalFile other = JournalFile.Open(_path))
        {
            other.Write(durable: true, () => other.PutChannel(s_channel, row));
        }

        file.Write(durable: false, () => file.PutChannel(s_channel, row with { NextSeq = 8 }));
        Assert.Equal(8UL, file.Channel(s_channel)!.Value.NextSeq);
    }

    [Fact]
    public void Open_AnotherChannelMeanwhile_LocksOfTheFirstStay()
    {
        using ClientJournal journal = Given.Open(_path);
        Given.Add(journal);
        string[] before = Locks();
        Assert.NotEmpty(before);
        Given.Open(_path, 1).Dispose();
        Assert.Equal(before, Locks());
    }

    [Fact]
    public void Setup_AnotherDoesNotFinish_OneLine()
    {
        using (JournalLock.Setup(_path))
        {
            string message = Assert.Throws<ClientException>(
                () => JournalLock.Setup(_path, waitMillis: 40)).Message;
            Assert.Contains("does not finish", message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
        }

        JournalLock.Setup(_path, waitMillis: 0).Dispose();
    }

    [Fact]
    public void Open_NameOfSpecialCharacters_ThatFile()
    {
        string path = Path.Combine(_folder, "50% a?b#c+d ä.state");
        using (ClientJournal journal = Given.Open(path))
        {
            Given.Add(journal);
        }

        using ClientJournal again = Given.Open(path);
        Assert.Equal(1UL, again.NextSeq);
    }

    [Fact]
    public void Open_WiderFile_Narrowed()
    {
        Given.Open(_path).Dispose();
        File.SetUnixFileMode(_path, (UnixFileMode)0x1FF);
        using ClientJournal journal = Given.Open(_path);
        Given.Add(journal);
        foreach (string file in Directory.GetFiles(_folder))
        {
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }

        Assert.Equal(4, Directory.GetFiles(_folder).Length);
    }

    [Fact]
    public void Open_NoFileOrNoFolder_OneLine()
    {
        foreach (string path in (string[])[_folder, "/dev/null", Path.Combine(_folder, "no", "x")])
        {
            string message = Assert.Throws<ClientException>(() => Given.Open(path)).Message;
            Assert.DoesNotContain('\n', message);
            Assert.Contains(path, message, StringComparison.Ordinal);
        }

        Assert.False(File.Exists("/dev/null.lock"));
    }

    /// <summary>What the kernel has of locks on the file.</summary>
    private string[] Locks() =>
    [
        .. from line in File.ReadLines("/proc/locks")
           where line.Contains($":{Posix.Status(_path)!.Value.Inode} ", StringComparison.Ordinal)
           select line[line.IndexOf(':', StringComparison.Ordinal)..],
    ];

    private static int Owed(ClientJournal journal) =>
        (int)(journal.TryNextAck(out Ack ack) ? ack.CumUnits : journal.NewestAck.CumUnits);

    private static void Adopt(ClientJournal journal, ulong seq, uint units)
    {
        PendingOrder order = Given.Order(s_channel, seq, [1]);
        Receipt receipt = Given.Receipt(order, units);
        journal.AdoptReceipt(
            order.Order, receipt, Given.NodeKey.Sign(receipt.Digest(Given.Separator)));
    }
}
