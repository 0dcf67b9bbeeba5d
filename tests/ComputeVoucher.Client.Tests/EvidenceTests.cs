using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Client.Tests;

/// <summary>What a holder keeps of its orders, and what it does not take from a node.</summary>
[Trait("Category", "load")]
public sealed class EvidenceTests : IDisposable
{
    private const ulong Day = 86_400;

    private static readonly VoucherClass s_class = new(
        Given.NodeKey.Address, 1, 2_000_000_000, 3, 4, 5, 6, Keccak256.Hash("table"u8),
        Given.SpendKey.Address);

    private static readonly ChannelTerms s_terms =
        Given.Terms(0) with { ClassId = s_class.HashStruct() };

    private readonly string _folder = Given.Folder();
    private readonly ManualClock _clock = new();
    private readonly ClientJournal _journal;
    private readonly EvidenceFolder _evidence;

    public EvidenceTests()
    {
        _journal = ClientJournal.Open(Path.Combine(_folder, "client.state"), s_terms);
        _evidence = Open(0);
    }

    private string Place => Path.Combine(_folder, "evidence");

    public void Dispose()
    {
        _journal.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>R13: an order that the node has is an order that the holder can show.</summary>
    [Fact]
    public async Task Order_IsInItsFileBeforeItLeaves()
    {
        EvidenceBundle? seen = null;
        using HostileNode node = new(async peer =>
        {
            while (await peer.ReadAsync() is { } frame)
            {
                seen = Single();
                await peer.OutputAsync(frame, 1, 1, 2, 3);
                await peer.ReceiptAsync(frame, 1, 2, 3);
            }
        });
        using OrderRunner runner = Runner(node);
        OrderOutcome outcome = await Patience.WaitAsync(
            runner.RunAsync(0, new byte[] { 7 }, default));
        Assert.Null(outcome.Refusal);
        Assert.Equal(outcome.Order.Signed.ToArray(), seen!.Order.ToArray());
        Assert.Equal([7], seen.Input.ToArray());
        Assert.True(seen.Receipt.IsEmpty && seen.Output is null && seen.Ack.IsEmpty);

        EvidenceBundle kept = Single();
        Assert.Equal(RefusalReason.None, kept.Check());
        Assert.Equal([1, 2, 3], kept.Output!.Value.ToArray());
        Assert.Equal(RefusalReason.None,
            SignedPayload.Decode(kept.Receipt.Span, out Receipt receipt, out _));
        Assert.Equal(outcome.Receipt, receipt);
        Assert.Equal((s_class, s_terms), (kept.Class, kept.Channel));
    }

    [Fact]
    public async Task Ack_IsAddedToAllThatItPays_AlsoAfterAKill()
    {
        using HostileNode node = new(ServeAsync);
        using (OrderRunner runner = Runner(node))
        {
            await Patience.WaitAsync(runner.RunAsync(0, new byte[] { 7 }, default));
            await Patience.WaitAsync(runner.RunAsync(1, new byte[] { 8 }, default));
            Assert.All(All(), bundle => Assert.True(bundle.Ack.IsEmpty));

            // The ack is in the journal, and the process dies.
            Assert.True(_journal.TryNextAck(out Ack ack));
            _journal.RecordAck(ack, SignedPayload.Encode(
                ack, Given.SpendKey.Sign(ack.Digest(Given.Domain.VouchersSeparator))));
        }

        using OrderRunner again = Runner(node, Open(0));
        await again.ResumeAsync(_ => { }, default).WaitAsync(Patience.Default);
        Assert.Equal(2, All().Count);
        Assert.All(All(), bundle => Assert.Equal(RefusalReason.None, bundle.Check()));
        Assert.All(All(), bundle => Assert.Equal(_journal.NewestAckBytes, bundle.Ack.ToArray()));
    }

    [Fact]
    public async Task RefusedOrder_IsKeptWithItsNumber()
    {
        using HostileNode node = new(async peer =>
        {
            while (await peer.ReadAsync() is { } frame)
            {
                await peer.SendAsync(FrameKind.Error, frame.Correlation,
                    [(byte)RefusalReason.BalanceShort, 0]);
            }
        });
        using OrderRunner runner = Runner(node);
        OrderOutcome outcome = await Patience.WaitAsync(
            runner.RunAsync(0, new byte[] { 7 }, default));
        Assert.NotNull(outcome.Refusal);
        Assert.Equal((ushort)RefusalReason.BalanceShort, Single().Refusal);
    }

    /// <summary>R13: the node refuses an order, forgets nothing, and claims it later with an output
    /// of its own. The journal has let the order go; what proves the claim wrong is still here,
    /// until nothing can be disputed any more.</summary>
    [Fact]
    public async Task E2E_RefusedThenClaimed()
    {
        using HostileNode node = new(async peer =>
        {
            while (await peer.ReadAsync() is { } frame)
            {
                await peer.SendAsync(FrameKind.Error, frame.Correlation,
                    [(byte)RefusalReason.BalanceShort, 0]);
            }
        });
        using OrderRunner runner = Runner(node);
        OrderOutcome outcome = await Patience.WaitAsync(
            runner.RunAsync(0, new byte[] { 7 }, default));
        Assert.Empty(_journal.Pending());

        // As it stands in the claim's calldata.
        Order order = outcome.Order.Order;
        Receipt invented = new(order.HashStruct(), 3, Keccak256.Hash("x"u8), default, 3);
        byte[] signed = SignedPayload.Encode(
            invented, Given.NodeKey.Sign(invented.Digest(Given.Domain.VouchersSeparator)));
        ulong last = order.Deadline + 14 * Day;
        EvidenceFolder later = Open(last);
        (EvidenceBundle kept, _) = later.Add(
            order, bundle => bundle.WithReceipt(signed, new byte[] { 9, 9, 9 }))!.Value;
        Assert.Equal(
            (RefusalReason.None, (ushort)RefusalReason.BalanceShort), (kept.Check(), kept.Refusal));
        Assert.Equal([7], kept.Input.ToArray());
        Assert.Equal(kept.Encode(), Single().Encode());
        later.Expire(last + 3_600);
        Assert.Empty(All());
    }

    /// <summary>A receipt that does not hold is what the holder needs most.</summary>
    [Fact]
    public async Task WrongReceipt_IsKept()
    {
        using HostileNode node = new(async peer =>
        {
            while (await peer.ReadAsync() is { } frame)
            {
                await peer.OutputAsync(frame, 1, 1, 2, 3);
                await peer.ReceiptAsync(frame, 3, 2, 1);
            }
        });
        using OrderRunner runner = Runner(node);
        await Assert.ThrowsAsync<ClientException>(
            () => Patience.WaitAsync(runner.RunAsync(0, new byte[] { 7 }, default)));
        Assert.False(Single().Receipt.IsEmpty);
        Assert.Equal([1, 2, 3], Single().Output!.Value.ToArray());
    }

    /// <summary>Zero steps, or some: nobody asked the node to stop.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task FewerStepsWithoutACancel_AreNotPaid(int steps)
    {
        byte[] answer = [.. Enumerable.Range(1, steps).Select(step => (byte)step)];
        using HostileNode node = new(async peer =>
        {
            while (await peer.ReadAsync() is { } frame)
            {
                await peer.OutputAsync(frame, 1, answer);
                await peer.ReceiptAsync(frame, answer);
            }
        });
        using OrderRunner runner = Runner(node);
        Exception wrong = await Assert.ThrowsAsync<ClientException>(
            () => Patience.WaitAsync(runner.RunAsync(0, new byte[] { 7 }, default)));
        Assert.Contains("too few without a cancel", wrong.Message, StringComparison.Ordinal);
        Assert.False(_journal.TryNextAck(out _));
    }

    /// <summary>The same two, after a Cancel: right, and paid for what was done.</summary>
    [Fact]
    public async Task FewerStepsAfterACancel_ArePaidAndTheCancelKept()
    {
        using HostileNode node = new(async peer =>
        {
            while (await peer.ReadAsync() is { } order)
            {
                await peer.OutputAsync(order, 1, 1);
                HostileNode.Seen cancel = (await peer.ReadAsync())!;
                Assert.Equal(FrameKind.Cancel, cancel.Kind);
                await peer.ReceiptAsync(order, 1);
            }
        });
        using OrderRunner runner = Runner(node, cancelAfter: 1);
        OrderOutcome outcome = await Patience.WaitAsync(
            runner.RunAsync(0, new byte[] { 7 }, default));
        Assert.Equal((null, 1u), (outcome.Refusal, outcome.Receipt.Steps));
        Assert.False(Single().Cancel.IsEmpty);
        Assert.Equal(RefusalReason.None, Single().Check());
    }

    /// <summary>R11: a promise for a later time is none that a court could hold the node to.
    /// </summary>
    [Theory]
    [InlineData(0, false, true)]
    [InlineData(1, false, false)]
    [InlineData(ulong.MaxValue / 2, false, false)]
    [InlineData(0, true, false)]
    public async Task Promise_BehindTheDeadlineOrOfAnotherKey_IsRefused(
        ulong behind, bool isForged, bool isTaken)
    {
        using HostileNode node = new(async peer =>
        {
            while (await peer.ReadAsync() is { } frame)
            {
                await peer.AcceptAsync(frame, frame.Order.Deadline + behind,
                    isForged ? Given.SpendKey : Given.NodeKey);
                await peer.OutputAsync(frame, 1, 1, 2, 3);
                await peer.ReceiptAsync(frame, 1, 2, 3);
            }
        });
        using OrderRunner runner = Runner(node, flags: OrderFlags.AcceptWanted);
        Task<OrderOutcome> order = Patience.WaitAsync(
            runner.RunAsync(0, new byte[] { 7 }, default));
        if (isTaken)
        {
            Assert.Null((await order).Refusal);
            Assert.False(Single().Accept.IsEmpty);
            return;
        }

        Exception wrong = await Assert.ThrowsAsync<ClientException>(() => order);
        Assert.Contains("promise", wrong.Message, StringComparison.Ordinal);
        Assert.False(_journal.TryNextAck(out _));
    }

    [Fact]
    public void DeadlineBeyondThreeDays_IsNotSigned()
    {
        using HostileNode node = new(null);
        Assert.Throws<ClientException>(() => Runner(node, seconds: 3 * Day + 1));
        Runner(node, seconds: 3 * Day).Dispose();
    }

    [Fact]
    public void Files_GoFourteenDaysAfterTheirDeadline_AndOnlyThey()
    {
        PendingOrder order = Given.Order(s_terms.HashStruct(), 4, [1]);
        _evidence.Begin(order);
        _evidence.Begin(order);
        string stranger = Path.Combine(Place, "notes.txt");
        File.WriteAllText(stranger, "mine");
        string name = Assert.Single(Directory.GetFiles(Place, "*.evidence"));
        File.WriteAllText(name + ".partial", "half");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(name));
        ulong last = order.Order.Deadline + 14 * Day;
        Open(last).Add(order.Order, bundle => bundle with { Refusal = 5 });
        Assert.Equal(5, Single().Refusal);
        Open(last + 1);
        Assert.Equal([stranger], Directory.GetFiles(Place));
    }

    /// <summary>A sequence that was refused, or that a lost journal forgot, is used again.
    /// </summary>
    [Fact]
    public void ASequenceUsedAgain_KeepsTheEvidenceOfBothOrders()
    {
        PendingOrder first = Given.Order(s_terms.HashStruct(), 4, [1]);
        PendingOrder second = Given.Order(s_terms.HashStruct(), 4, [2]);
        Assert.NotEqual(first.Order.HashStruct(), second.Order.HashStruct());
        _evidence.Begin(first);
        EvidenceFolder reopened = Open(first.Order.Deadline);
        reopened.Begin(second);
        reopened.Add(second.Order, bundle => bundle with { Refusal = 5 });
        EvidenceBundle[] kept =
            [.. Directory.GetFiles(Place, "*.evidence").Select(EvidenceFolder.Read)];
        Assert.Equal(2, kept.Length);
        Assert.Equal(
            0, kept.Single(b => b.Order.Span.SequenceEqual(first.Signed.Span)).Refusal);
        Assert.Equal(
            5, kept.Single(b => b.Order.Span.SequenceEqual(second.Signed.Span)).Refusal);
    }

    /// <summary>Also those of other channels, and while it is open.</summary>
    [Fact]
    public void Folder_IsSearchedAgainEveryHour()
    {
        PendingOrder order = Given.Order(s_terms.HashStruct(), 4, [1]);
        ChannelTerms other = Given.Terms(2) with { ClassId = s_class.HashStruct() };
        EvidenceFolder.Open(Place, Given.Domain, s_class, other, 0)
            .Begin(Given.Order(other.HashStruct(), 9, [2]));
        _evidence.Begin(order);
        ulong end = order.Order.Deadline + 14 * Day;
        EvidenceFolder open = Open(end);
        open.Expire(end + 3_599);
        Assert.Equal(2, All().Count);
        open.Expire(end + 3_600);
        Assert.Empty(All());
        // What is gone is no longer known either.
        Assert.Null(open.Add(order.Order, bundle => bundle));
    }

    /// <summary>An ack looks at what the acks before it did not pay, and at nothing else.
    /// </summary>
    [Fact]
    public void Ack_OpensNoFileThatHasOne()
    {
        PendingOrder[] orders =
            [.. Enumerable.Range(0, 3).Select(
                n => Given.Order(s_terms.HashStruct(), (ulong)n, [1]))];
        Array.ForEach(orders, _evidence.Begin);
        string[] files = [.. Directory.GetFiles(Place, "*.evidence").Order()];
        _evidence.AddAck(new Ack(s_terms.HashStruct(), 10, 2), Ack(10, 2));
        // Its ack is taken away behind the folder's back: who opened it again would put one in.
        File.WriteAllBytes(
            files[0], (EvidenceFolder.Read(files[0]) with { Ack = default }).Encode());
        _evidence.AddAck(new Ack(s_terms.HashStruct(), 20, 3), Ack(20, 3));
        Assert.True(EvidenceFolder.Read(files[0]).Ack.IsEmpty);
        Assert.Equal(Ack(10, 2), EvidenceFolder.Read(files[1]).Ack.ToArray());
        Assert.Equal(Ack(20, 3), EvidenceFolder.Read(files[2]).Ack.ToArray());
    }

    /// <summary>Two answers of one order that differ: the node's bond is worth more than the
    /// answer, and neither is paid.</summary>
    [Fact]
    public async Task SecondReceiptThatDiffers_IsKeptBesideTheFirst_AndNeitherIsPaid()
    {
        using HostileNode node = new(async peer =>
        {
            byte last = (byte)peer.Number;
            while (await peer.ReadAsync() is { } frame)
            {
                if (frame.Kind == FrameKind.Order)
                {
                    await peer.OutputAsync(frame, 1, 1, 2, last);
                    await peer.ReceiptAsync(frame, 1, 2, last);
                }
                else
                {
                    await peer.SendAsync(FrameKind.State, frame.Correlation,
                        new StateMessage(default, null, 0, []).Encode());
                }
            }
        });
        PendingOrder order;
        using (OrderRunner runner = Runner(node))
        {
            order = (await Patience.WaitAsync(runner.RunAsync(0, new byte[] { 7 }, default)))
                .Order;
        }

        // The receipt is in the evidence, and the process died before it was in the journal.
        using ClientJournal lost = ClientJournal.Open(Path.Combine(_folder, "lost"), s_terms);
        _ = lost.Add(_ => order);
        using OrderRunner again = Runner(node, Open(0), journal: lost);
        Exception wrong = await Assert.ThrowsAsync<ClientException>(
            () => again.ResumeAsync(_ => { }, default).WaitAsync(Patience.Default));
        Assert.Contains("two different results", wrong.Message, StringComparison.Ordinal);
        Assert.False(lost.TryNextAck(out _));
        EvidenceBundle kept = Single();
        Assert.True(kept.IsEquivocation());
        Assert.Equal((RefusalReason.None, 3), (kept.Check(), kept.Output!.Value.Length));
    }

    /// <summary>R11: the order's deadline bounds what an exit a second after the promise leaves
    /// open: the bond stays 33 days, all is decided after 3 + 30.</summary>
    [Fact]
    public void test_exitRightAfterAccept()
    {
        const ulong now = 2_000_000_000;
        const ulong exitDelay = 33 * Day;
        ulong deadline = now + CourtLimits.DeadlineAheadSecondsMax;
        ulong exitAt = now + 1 + exitDelay;
        Assert.True(CourtLimits.IsBonded(exitAt, deadline));
        Assert.True(deadline + CourtLimits.PromiseDecidedSeconds < exitAt);
        // Who could sign for a second later could be left alone.
        Assert.False(CourtLimits.IsBonded(exitAt, deadline + 2));
        DeadlineBeyondThreeDays_IsNotSigned();
    }

    /// <summary>R11: a promise that never falls due.</summary>
    [Fact]
    public Task test_dueAtInfinity() => Promise_BehindTheDeadlineOrOfAnotherKey_IsRefused(
        ulong.MaxValue - 1_800_100_000, isForged: false, isTaken: false);

    /// <summary>What was served is paid for, whatever became of a file.</summary>
    [Fact]
    public void ADamagedOrMissingFile_StopsNoAck()
    {
        PendingOrder[] orders =
            [.. Enumerable.Range(1, 3)
                .Select(n => Given.Order(s_terms.HashStruct(), (ulong)n, [1]))];
        Array.ForEach(orders, _evidence.Begin);
        string[] files = [.. Directory.GetFiles(Place, "*.evidence").Order()];
        File.WriteAllText(files[0], "damaged");
        File.Delete(files[1]);
        Ack ack = new(s_terms.HashStruct(), 10, 4);
        _evidence.AddAck(ack, new byte[SignedPayload.Bytes<Ack>()]);
        Assert.Equal("damaged", File.ReadAllText(files[0]));
        Assert.False(File.Exists(files[1]));
    }

    [Fact]
    public void AnotherClass_OrADamagedFile_IsRefusedByName()
    {
        Assert.Throws<ClientException>(() => EvidenceFolder.Open(
            Place, Given.Domain, s_class with { Thaw = 9 }, s_terms, 0));
        string file = Path.Combine(Place, "x.evidence");
        File.WriteAllBytes(file, new byte[100]);
        Assert.Contains(file, Assert.Throws<ClientException>(
            () => EvidenceFolder.Read(file)).Message, StringComparison.Ordinal);
    }

    /// <summary>Serves every order, stores every ack.</summary>
    private static async Task ServeAsync(HostileNode.Peer peer)
    {
        while (await peer.ReadAsync() is { } frame)
        {
            switch (frame.Kind)
            {
                case FrameKind.StateRequest:
                    await peer.SendAsync(FrameKind.State, frame.Correlation,
                        new StateMessage(default, null, 0, []).Encode());
                    break;
                case FrameKind.Ack:
                    await peer.SendAsync(
                        FrameKind.AckStored, frame.Correlation, frame.Payload[..48]);
                    break;
                case FrameKind.Order:
                    await peer.OutputAsync(frame, 1, 1, 2, 3);
                    await peer.ReceiptAsync(frame, 1, 2, 3);
                    break;
            }
        }
    }

    private static byte[] Ack(uint units, ulong nextSeq) =>
        Given.Signed(new Ack(s_terms.HashStruct(), units, nextSeq));

    private EvidenceFolder Open(ulong now) =>
        EvidenceFolder.Open(Place, Given.Domain, s_class, s_terms, now);

    private EvidenceBundle Single() => Assert.Single(All());

    private List<EvidenceBundle> All() =>
        [.. Directory.GetFiles(Place, "*.evidence").Select(EvidenceFolder.Read)];

    private OrderRunner Runner(HostileNode node, EvidenceFolder? evidence = null,
        OrderFlags flags = OrderFlags.None, uint cancelAfter = 0, ulong seconds = 30,
        ClientJournal? journal = null)
    {
        NodeConnection connection = new(new NodeConnectionOptions
        {
            EndPoint = node.EndPoint,
            Channel = s_terms,
            Domain = Given.Domain,
            SpendKey = Given.SpendKey,
            Patience = TimeSpan.FromHours(1),
            Time = _clock,
            FillRandom = bytes => bytes.Fill(7),
        });
        return new OrderRunner(connection, journal ?? _journal, new FakeModel(), Given.SpendKey,
            s_terms, Given.Domain.VouchersSeparator,
            new OrderSettings(seconds, flags, 1024, cancelAfter))
        {
            Evidence = evidence ?? _evidence,
        };
    }
}
