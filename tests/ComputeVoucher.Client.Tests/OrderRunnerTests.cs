using System;
using System.IO;
using System.Net;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Client.Tests;

[Trait("Category", "load")]
public sealed class OrderRunnerTests : IDisposable
{
    private readonly string _folder = Given.Folder();
    private readonly PrivateKey _spendKey = PrivateKey.FromBytes(Keccak256.Hash("spend"u8).Span);
    private readonly PrivateKey _nodeKey = PrivateKey.FromBytes(Keccak256.Hash("node"u8).Span);
    private readonly VoucherDomain _domain = new(1, default, default);

    public void Dispose()
    {
        _spendKey.Dispose();
        _nodeKey.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(false, 30)]
    [InlineData(true, 0)]
    public async Task AdoptEntry_OrderOfAnotherChannelOfThatKey_NotPaidTwice(
        bool isOther, int owed)
    {
        ChannelTerms terms = Terms(1);
        using ClientJournal journal = ClientJournal.Open(
            Path.Combine(_folder, "client.state"), terms);
        await using NodeConnection node = new(Nowhere(terms));
        using OrderRunner runner = new(
            node, journal, null!, _spendKey, terms, _domain.VouchersSeparator,
            new OrderSettings(60, OrderFlags.None, 1, 0));
        StateMessage.Entry entry = Served((isOther ? Terms(2) : terms).HashStruct());
        Exception? refused = Record.Exception(() => runner.AdoptEntry(entry));
        Assert.Equal(isOther, refused is ClientException);
        _ = journal.TryNextAck(out Ack ack);
        Assert.Equal(owed, (int)ack.CumUnits);
    }

    [Fact]
    public async Task Adopt_LostJournalWithGapsAndARunningOrder_WaitsThenOwesWhatWasServed()
    {
        ChannelTerms terms = Terms(1);
        using ClientJournal journal = ClientJournal.Open(
            Path.Combine(_folder, "client.state"), terms);
        await using NodeConnection node = new(Nowhere(terms));
        using OrderRunner runner = new(
            node, journal, null!, _spendKey, terms, _domain.VouchersSeparator,
            new OrderSettings(60, OrderFlags.None, 1, 0));
        StateMessage.Entry first = Served(terms.HashStruct(), 1);
        StateMessage.Entry last = Served(terms.HashStruct(), 3);
        StateMessage running = new(
            default, null, 6, [first, last with { ReceiptSigned = default }]);
        Assert.False(runner.Adopt(running));
        Assert.False(journal.TryNextAck(out _));

        // Sequences 0 and 2 were refused once, 4 and 5 given up: nothing is owed for them, and
        // their orders are signed: no other may be.
        Assert.True(runner.Adopt(new StateMessage(default, null, 6, [first, last])));
        Assert.True(journal.TryNextAck(out Ack ack));
        Assert.Equal(new Ack(terms.HashStruct(), 60, 6), ack);
        Assert.Equal(6UL, journal.NextSeq);
    }

    /// <summary>A connection that no test opens.</summary>
    private NodeConnectionOptions Nowhere(in ChannelTerms terms) => new()
    {
        EndPoint = new IPEndPoint(IPAddress.Loopback, 1),
        Channel = terms,
        Domain = _domain,
        SpendKey = _spendKey,
        Patience = TimeSpan.Zero,
        Time = new ManualClock(),
        FillRandom = bytes => bytes.Clear(),
    };

    private ChannelTerms Terms(byte salt)
    {
        byte[] bytes = new byte[Bytes32.Size];
        bytes[0] = salt;
        return new ChannelTerms(
            default, _nodeKey.Address, _spendKey.Address, default, new Bytes32(bytes));
    }

    private StateMessage.Entry Served(in Bytes32 channel, ulong seq = 0)
    {
        Order order = new(channel, seq, default, default, 30, 1_000, OrderFlags.None, default);
        Receipt receipt = new(order.HashStruct(), 1, default, default, 30);
        return new StateMessage.Entry(
            SignedPayload.Encode(order, _spendKey.Sign(order.Digest(_domain.VouchersSeparator))),
            SignedPayload.Encode(
                receipt, _nodeKey.Sign(receipt.Digest(_domain.VouchersSeparator))));
    }
}
