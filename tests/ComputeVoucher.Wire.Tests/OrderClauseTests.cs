using System;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Wire.Tests;

/// <summary>Section 4 of the specification.</summary>
[Trait("Category", "load")]
public sealed class OrderClauseTests
{
    [Fact]
    public async Task Clause4_1_AnswersComeInAnyOrder()
    {
        await using var node = new TestNode();
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        await peer.SendAsync(
            [.. Enumerable.Range(1, 64).Select(id => Raw.Order((uint)id, "hold"))]);
        await Patience.UntilAsync(() => node.Handler.Held.Count == 64);
        foreach (IOrderStream order in node.Handler.Held.Reverse())
        {
            TestHandler.Answer(order);
        }

        for (uint id = 64; id >= 1; id--)
        {
            Assert.Equal((5, id), Told(await peer.ReadAsync()));
            Assert.Equal((6, id), Told(await peer.ReadAsync()));
        }
    }

    [Fact]
    public async Task Clause4_2_ExactlyOneFinalFrameIsSent()
    {
        await using var node = new TestNode(new TestHandler
        {
            Order = order =>
            {
                using (order)
                {
                    Assert.True(order.SendAccept("accepted"u8));
                    Assert.True(order.SendReceipt("receipt"u8));
                    Assert.False(order.SendReceipt("receipt"u8));
                    Assert.False(order.SendError(1, "no", retryable: false));
                    Assert.False(order.SendAccept("accepted"u8));
                }

                return default;
            },
        });
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        await peer.SendAsync(Raw.Order(1, "a"), Raw.Frame(11, 0, 0, new byte[8]));
        Assert.Equal("accepted", (await peer.ReadAsync()).Text);
        Assert.Equal("receipt", (await peer.ReadAsync()).Text);
        Assert.Equal(12, (await peer.ReadAsync()).Kind);
    }

    [Fact]
    public async Task Clause4_2_ClientReadsAcceptOutputsAndReceiptInOrder()
    {
        await using var node = new TestNode(new TestHandler
        {
            Order = order =>
            {
                using (order)
                {
                    order.SendAccept("accepted"u8);
                    order.SendOutput(1, "x"u8, last: false);
                    order.SendOutput(2, "y"u8, last: true);
                    order.SendReceipt("receipt"u8);
                }

                return default;
            },
        });
        await using WireClient client = await node.ConnectAsync();
        ClientOrder order = await client.SendOrderAsync("o"u8.ToArray(), new byte[64], default);
        Assert.Equal("accepted", TestHandler.Text((await order.ReadAsync())!.Bytes));
        OrderEvent x = (await order.ReadAsync())!;
        OrderEvent y = (await order.ReadAsync())!;
        Assert.Equal(("x", 1u, false), (TestHandler.Text(x.Bytes), x.Step, x.Last));
        Assert.Equal(("y", 2u, true), (TestHandler.Text(y.Bytes), y.Step, y.Last));
        OrderEvent receipt = (await order.ReadAsync())!;
        Assert.True(receipt.IsFinal);
        Assert.Equal("receipt", TestHandler.Text(receipt.Bytes));
        Assert.Null(await order.ReadAsync());
    }

    [Theory]
    [InlineData(3)]
    [InlineData(7)]
    public async Task Clause4_3_NumberInFlightIsRefusedAndAfterItsEndFree(int kind)
    {
        await using var node = new TestNode();
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        await peer.SendAsync(Raw.Order(5, "a"), Raw.Order(5, "b"), Raw.Order(5, "hold"));
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(5u, (await peer.ReadAsync()).Correlation);
        }

        await peer.SendAsync(kind == 3 ? Raw.Order(5, "again") : Raw.Text(7, 5, "ack"));
        await peer.ReadRefusalAsync(WireReason.BadCorrelation);
        Assert.DoesNotContain("order again", node.Handler.Log);
    }

    [Fact]
    public async Task Clause4_4_OrderBeyondTheNumberIsRefusedAndTheRestGoesOn()
    {
        await using var node = new TestNode(limits: new WireLimits { OrdersInFlightMax = 2 });
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        await peer.SendAsync(Raw.Order(1, "hold"), Raw.Order(2, "hold"), Raw.Order(3, "third"));
        Seen error = await peer.ReadAsync();
        Assert.Equal((10, 2, 3u), (error.Kind, error.Flags, error.Correlation));
        Assert.Equal((ushort)WireReason.TooManyInFlight, error.Reason);
        node.Handler.Held.TryDequeue(out IOrderStream? first);
        TestHandler.Answer(first!);
        Assert.Equal((5, 1u), Told(await peer.ReadAsync()));
        Assert.Equal((6, 1u), Told(await peer.ReadAsync()));
        await peer.SendAsync(Raw.Order(3, "third"));
        Assert.Equal((5, 3u), Told(await peer.ReadAsync()));
    }

    [Fact]
    public async Task Clause4_5_CancelledOrderCountsUntilItHasStopped()
    {
        await using var node = new TestNode(limits: new WireLimits { OrdersInFlightMax = 1 });
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        await peer.SendAsync(
            Raw.Order(
                1, "hold"), Raw.Text(9, 1, "stop"), Raw.Order(2, "second"), Raw.Text(9, 8, "?"));
        Seen error = await peer.ReadAsync();
        Assert.Equal((2u, (ushort)WireReason.TooManyInFlight), (error.Correlation, error.Reason));
        Assert.Equal(1, node.Server.Figures.OrdersInFlight);
        node.Handler.Held.TryDequeue(out IOrderStream? first);
        TestHandler.Answer(first!);
        Assert.Equal(5, (await peer.ReadAsync()).Kind);
        Assert.Equal(6, (await peer.ReadAsync()).Kind);
        await peer.SendAsync(Raw.Text(9, 1, "late"), Raw.Order(2, "second"));
        Assert.Equal((5, 2u), Told(await peer.ReadAsync()));
        Assert.Equal(["connected", "order hold", "cancel stop", "order second"], node.Handler.Log);
    }

    [Fact]
    public async Task Clause4_6_CancelFloodEndsTheConnection()
    {
        await using var node = new TestNode();
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        for (uint id = 1; id <= 100; id++)
        {
            await peer.SendAsync(Raw.Order(id, "a"), Raw.Text(9, id, "stop"));
            Assert.Equal(5, (await peer.ReadAsync()).Kind);
            Assert.Equal(6, (await peer.ReadAsync()).Kind);
        }

        await peer.SendAsync(Raw.Text(9, 1, "stop"));
        await peer.ReadRefusalAsync(WireReason.CancelFlood);
    }

    [Fact]
    public async Task Clause4_6_CancelsOfSeparateWindowsDoNotAddUp()
    {
        var time = new ManualClock();
        await using var node = new TestNode(time: time);
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        for (int window = 0; window < 3; window++)
        {
            await peer.SendAsync([.. Enumerable.Range(0, 100).Select(_ => Raw.Text(9, 1, "stop"))]);
            await peer.SendAsync(Raw.Frame(11, 0, 0, new byte[8]));
            Assert.Equal(12, (await peer.ReadAsync()).Kind);
            time.Advance(TimeSpan.FromSeconds(5));
        }
    }

    [Fact]
    public async Task Clause4_7_LongAnswerComesInPiecesWhileTheClientReads()
    {
        byte[] answer = new Prng(3).Bytes(1_000_000);
        await using var node = new TestNode(new TestHandler
        {
            Order = async order =>
            {
                using (order)
                {
                    Assert.True(await order.SendOutputAsync(1, answer, last: true));
                    order.SendReceipt("r"u8);
                }
            },
        });
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint, receiveBuffer: 16 << 10);
        await peer.SendAsync(Raw.Order(1, "a"));
        await Patience.UntilAsync(() => peer.Socket.Available > 0);
        byte[] got = [];
        for (Seen seen = await peer.ReadAsync(); seen.Kind == 5; seen = await peer.ReadAsync())
        {
            Assert.InRange(seen.Payload.Length, 5, 65540);
            Assert.Equal([1, 0, 0, 0], seen.Payload[..4]);
            got = [.. got, .. seen.Payload[4..]];
            Assert.Equal(got.Length == answer.Length ? 1 : 0, seen.Flags);
        }

        Assert.Equal(answer, got);
    }

    [Fact]
    public async Task Clause4_8_OrderDroppedByTheHandlerIsAnsweredWithInternal()
    {
        await using var node = new TestNode(new TestHandler
        {
            Order = order =>
            {
                order.Dispose();
                return default;
            },
        });
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        await peer.SendAsync(Raw.Order(4, "a"));
        Seen error = await peer.ReadAsync();
        Assert.Equal((10, 2, 4u), (error.Kind, error.Flags, error.Correlation));
        Assert.Equal((ushort)WireReason.Internal, error.Reason);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Clause4_8_HandlerThatThrowsCostsOneConnectionOnly(bool late)
    {
        await using var node = new TestNode(new TestHandler
        {
            Order = async order =>
            {
                if (late)
                {
                    await Task.Yield();
                }

                throw new InvalidOperationException("a bug of the node");
            },
        });
        using RawPeer other = await RawPeer.GreetedAsync(node.EndPoint);
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        await peer.SendAsync(Raw.Order(4, "a"));
        Seen error = await peer.ReadAsync();
        Assert.Equal((4u, (ushort)WireReason.Internal), (error.Correlation, error.Reason));
        await peer.ReadRefusalAsync(WireReason.Internal);
        Assert.Contains("fault a bug of the node", node.Handler.Log);
        await other.SendAsync(Raw.Frame(11, 0, 0, new byte[8]));
        Assert.Equal(12, (await other.ReadAsync()).Kind);
        await Patience.UntilAsync(
            () => node.Server.Figures is { OrdersInFlight: 0, HeldBytes: 0 });
    }

    private static (int Kind, uint Correlation) Told(Seen seen) => (seen.Kind, seen.Correlation);
}
