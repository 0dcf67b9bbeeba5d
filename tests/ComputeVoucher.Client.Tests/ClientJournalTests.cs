using System;
using System.IO;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Client.Tests;

public sealed class ClientJournalTests : IDisposable
{
    private static readonly Bytes32 s_channel = Keccak256.Hash("channel"u8);
    private static readonly Bytes32 s_separator = Keccak256.Hash("separator"u8);

    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
    private readonly PrivateKey _key = PrivateKey.FromBytes(Keccak256.Hash("key"u8).Span);

    public void Dispose()
    {
        _key.Dispose();
        File.Delete(_path);
    }

    [Fact]
    public void Reopen_OrdersReceiptsAck_AllRemembered()
    {
        using (ClientJournal journal = Open())
        {
            PendingOrder first = Add(journal);
            Add(journal);
            PendingOrder third = Add(journal);
            Resolve(journal, first, 100);
            Resolve(journal, third, 7);
            Acknowledge(journal);
        }

        using ClientJournal again = Open();
        Assert.Equal(3UL, again.NextSeq);
        Assert.Equal(new Ack(s_channel, 100, 1), again.NewestAck);
        PendingOrder left = Assert.Single(again.Pending());
        Assert.Equal(1UL, left.Order.Seq);
        Assert.Equal([1, 2, 3], left.Input.ToArray());
        // The third is settled and may not be acknowledged before the second.
        Assert.False(again.TryNextAck(out _));
        Resolve(again, left, 10);
        Assert.True(again.TryNextAck(out Ack ack));
        Assert.Equal(new Ack(s_channel, 117, 3), ack);
    }

    [Fact]
    public void Refuse_Order_OwesNothing()
    {
        using ClientJournal journal = Open();
        journal.Refuse(Add(journal).Order.Seq);
        Assert.True(journal.TryNextAck(out Ack ack));
        Assert.Equal(new Ack(s_channel, 0, 1), ack);
    }

    [Fact]
    public void Reopen_CutAtEveryByte_LongestWholePrefix()
    {
        using (ClientJournal journal = Open())
        {
            Resolve(journal, Add(journal), 5);
            Acknowledge(journal);
            Add(journal);
        }

        byte[] whole = File.ReadAllBytes(_path);
        ulong before = 0;
        for (int length = 41; length <= whole.Length; length++)
        {
            File.WriteAllBytes(_path, whole[..length]);
            using ClientJournal journal = Open();
            Assert.InRange(journal.NextSeq, before, 2UL);
            before = journal.NextSeq;
            Assert.True(journal.NewestAck.CumUnits is var units && (units == 0 || units == 5));
        }

        Assert.Equal(2UL, before);
    }

    [Fact]
    public void Open_OtherChannel_Refused()
    {
        using (ClientJournal journal = Open())
        {
            Add(journal);
        }

        Assert.Contains("another channel", Assert.Throws<ClientException>(
            () => ClientJournal.Open(_path, Keccak256.Hash("other"u8))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Open_InUse_Refused()
    {
        using ClientJournal journal = Open();
        Assert.Contains("one request at a time",
            Assert.Throws<ClientException>(() => Open()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_SomethingElse_RefusedAndUntouched()
    {
        File.WriteAllText(_path, "my thesis");
        Assert.Throws<ClientException>(() => Open());
        Assert.Equal("my thesis", File.ReadAllText(_path));
    }

    [Fact]
    public void RecordAck_LargeFile_CompactedWithoutLoss()
    {
        using (ClientJournal journal = Open())
        {
            byte[] input = new byte[1 << 20];
            for (int i = 0; i < 34; i++)
            {
                Resolve(journal, Add(journal, input), 3);
            }

            PendingOrder open = Add(journal, input);
            PendingOrder settled = Add(journal, input);
            Resolve(journal, settled, 9);
            Acknowledge(journal);
            Assert.InRange(new FileInfo(_path).Length, 1, 4 << 20);
            Assert.Equal(34UL, open.Order.Seq);
        }

        using ClientJournal again = Open();
        Assert.Equal(36UL, again.NextSeq);
        Assert.Equal(new Ack(s_channel, 102, 34), again.NewestAck);
        Resolve(again, Assert.Single(again.Pending()), 1);
        Assert.True(again.TryNextAck(out Ack ack));
        Assert.Equal(new Ack(s_channel, 112, 36), ack);
    }

    private ClientJournal Open() => ClientJournal.Open(_path, s_channel);

    private PendingOrder Add(ClientJournal journal, byte[]? input = null) => journal.Add(seq =>
        PendingOrder.Sign(
            new Order(s_channel, seq, default, default, 1000, 1, OrderFlags.None, default),
            _key, s_separator, input ?? [1, 2, 3]));

    private void Resolve(ClientJournal journal, PendingOrder order, uint units)
    {
        Receipt receipt = new(order.Order.HashStruct(), 1, default, default, units);
        journal.Resolve(order.Order, receipt, _key.Sign(receipt.Digest(s_separator)));
    }

    private void Acknowledge(ClientJournal journal)
    {
        Assert.True(journal.TryNextAck(out Ack ack));
        journal.RecordAck(ack, SignedPayload.Encode(ack, _key.Sign(ack.Digest(s_separator))));
    }
}
