using System.Globalization;
using System.IO;
using System.Text;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Client.Tests;

/// <summary>Channels by number, orders, receipts and acks for a journal.</summary>
internal static class Given
{
    public static readonly PrivateKey SpendKey =
        PrivateKey.FromBytes(Keccak256.Hash("spend"u8).Span);

    public static readonly PrivateKey NodeKey =
        PrivateKey.FromBytes(Keccak256.Hash("node"u8).Span);

    public static readonly Bytes32 Separator = Keccak256.Hash("separator"u8);

    /// <summary>Of tests with a node.</summary>
    public static readonly VoucherDomain Domain = new(1, default, default);

    private static readonly PrivateKey s_otherNode =
        PrivateKey.FromBytes(Keccak256.Hash("other node"u8).Span);

    /// <summary>Memory where there is such a file system: some tests open a journal thousands of
    /// times.</summary>
    public static string Folder() => Directory.CreateDirectory(Path.Combine(
        Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(),
        "journal-" + Path.GetRandomFileName())).FullName;

    /// <summary>Channel 0 is the one of the frozen file; odd ones are of another node.</summary>
    public static ChannelTerms Terms(int channel) => new(
        default, channel % 2 == 0 ? NodeKey.Address : s_otherNode.Address, SpendKey.Address,
        default, channel == 0 ? Keccak256.Hash("salt"u8) : Keccak256.Hash([(byte)channel]));

    public static ClientJournal Open(string path, int channel = 0) =>
        ClientJournal.Open(path, Terms(channel));

    public static PendingOrder Order(Bytes32 channel, ulong seq, byte[] input) =>
        PendingOrder.Sign(
            new Order(channel, seq, Keccak256.Hash("model"u8), Keccak256.Hash(input), 1000,
                1_900_000_000, OrderFlags.None, default),
            SpendKey, Separator, input);

    public static PendingOrder Add(ClientJournal journal, byte[]? input = null) => journal.Add(
        seq => Order(journal.NewestAck.Channel, seq, input ?? [1, 2, 3]));

    public static Receipt Receipt(PendingOrder order, uint units) =>
        new(order.Order.HashStruct(), 1, Keccak256.Hash("out"u8), default, units);

    public static void Resolve(ClientJournal journal, PendingOrder order, uint units)
    {
        Receipt receipt = Receipt(order, units);
        journal.Resolve(order.Order, receipt, NodeKey.Sign(receipt.Digest(Separator)));
    }

    public static void Acknowledge(ClientJournal journal)
    {
        Assert.True(journal.TryNextAck(out Ack ack));
        journal.RecordAck(ack, Signed(ack));
    }

    public static byte[] Signed(in Ack ack) =>
        SignedPayload.Encode(ack, SpendKey.Sign(ack.Digest(Separator)));

    /// <summary>All that can be asked of a journal.</summary>
    public static string Describe(ClientJournal journal)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"next {journal.NextSeq} {journal.NewestAck}");
        text.Append(CultureInfo.InvariantCulture, $" {Hex.Encode(journal.NewestAckBytes)}");
        text.Append(CultureInfo.InvariantCulture, $" unacked {journal.UnackedCount}");
        foreach (PendingOrder order in journal.Pending())
        {
            text.Append(CultureInfo.InvariantCulture, $" {order.Order.Seq}:");
            text.Append(Hex.Encode(order.Signed.Span)).Append(Hex.Encode(order.Input.Span));
        }

        for (ulong seq = 0; seq < journal.NextSeq; seq++)
        {
            text.Append(journal.IsKnown(seq) ? 'k' : '-');
        }

        _ = journal.TryNextAck(out Ack ack);
        return text.Append(CultureInfo.InvariantCulture, $" {ack}").ToString();
    }

    /// <summary>As above, and what is owed when nothing that is open is served.</summary>
    public static string DescribeToTheEnd(ClientJournal journal)
    {
        string now = Describe(journal);
        foreach (PendingOrder order in journal.Pending())
        {
            journal.Refuse(order.Order.Seq);
        }

        journal.FillGaps();
        _ = journal.TryNextAck(out Ack ack);
        return $"{now} in the end {ack}";
    }
}
