using System;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Wire.Tests;

/// <summary>Section 3 of the specification.</summary>
[Trait("Category", "load")]
public sealed class FrameClauseTests
{
    [Fact]
    public async Task Clause3_1_EveryKindOfTheClientAtBothBoundsIsTaken()
    {
        await using var node = new TestNode();
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        await peer.SendAsync(
            Raw.Frame(3, 0, 1, [1, 0, .. new byte[65]]),
            Raw.Frame(3, 0, 2, [0, 4, .. new byte[(1 << 20) - 2]]));
        Assert.Equal(4, (await peer.ReadAsync()).Payload.Length);
        Assert.Equal(6, (await peer.ReadAsync()).Kind);
        Assert.Equal(0, node.Server.Figures.ConnectionsAbortedTotal);
        foreach (int kind in new[] { 7, 9, 13, 15, 17, 20, 22, 24 })
        {
            await peer.SendAsync(
                Raw.Frame(kind, 0, 3, new byte[1]), Raw.Frame(kind, 0, 4, new byte[1024]));
        }

        await peer.SendAsync(Raw.Frame(11, 0, 0, new byte[8]), Raw.Frame(12, 0, 0, new byte[8]));
        for (Seen seen = await peer.ReadAsync(); seen.Kind != 12; seen = await peer.ReadAsync())
        {
            Assert.NotEqual(0, seen.Kind);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(19)]
    [InlineData(21)]
    [InlineData(26)]
    [InlineData(255)]
    public Task Clause3_2_UnknownKindOrWrongSideIsRefused(int kind) =>
        AssertRefusedAsync(WireReason.UnknownKind, Raw.Frame(kind, 0, 1, new byte[8]));

    [Fact]
    public async Task Clause3_3_UnknownFlagOrReservedIsRefused()
    {
        byte[] reserved = Raw.Order(1, "a");
        reserved[7] = 0x80;
        byte[] flagged = Raw.Order(1, "a");
        flagged[5] = 1;
        await AssertRefusedAsync(WireReason.UnknownFlags, reserved);
        await AssertRefusedAsync(WireReason.UnknownFlags, flagged);
        await AssertRefusedAsync(WireReason.UnknownFlags, Raw.Frame(11, 0x80, 0, new byte[8]));
    }

    [Theory]
    [InlineData(3, 66)]
    [InlineData(3, (1 << 20) + 1)]
    [InlineData(7, 0)]
    [InlineData(7, 1025)]
    [InlineData(9, -1)]
    [InlineData(11, 7)]
    [InlineData(11, int.MinValue)]
    public Task Clause3_4_LengthOutOfBoundsIsRefused(int kind, int length) => AssertRefusedAsync(
        WireReason.BadLength, Raw.FrameOfLength((uint)length, kind, 0, kind == 11 ? 0u : 1u));

    [Theory]
    [InlineData(3, 70, 0)]
    [InlineData(7, 1, 0)]
    [InlineData(11, 8, 5)]
    [InlineData(10, 2, 5)]
    public Task Clause3_5_CorrelationThatDoesNotFitIsRefused(
        int kind, uint length, uint correlation) =>
        AssertRefusedAsync(
            WireReason.BadCorrelation, Raw.FrameOfLength(length, kind, 0, correlation));

    [Fact]
    public async Task Clause3_6_OrderThatContradictsItselfIsRefused()
    {
        await AssertRefusedAsync(WireReason.BadPayload, Raw.Frame(3, 0, 1, new byte[67]));
        await AssertRefusedAsync(
            WireReason.BadPayload, Raw.Frame(3, 0, 1, [2, 0, .. new byte[65]]));
        await AssertRefusedAsync(
            WireReason.BadPayload, Raw.Frame(3, 0, 1, [1, 4, .. new byte[5000]]));
        await AssertRefusedAsync(
            WireReason.BadPayload, Raw.Frame(3, 0, 1, [255, 255, .. new byte[70]]));
    }

    [Fact]
    public async Task Clause3_6_OrderPartsArriveAsSent()
    {
        var handler = new TestHandler();
        await using var node = new TestNode(handler);
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        await peer.SendAsync(Raw.Order(9, "hold it", 1, 2, 3));
        await Patience.UntilAsync(() => handler.Held.Count == 1);
        handler.Held.TryDequeue(out IOrderStream? order);
        Assert.Equal("hold it", TestHandler.Text(order!.Order));
        Assert.Equal(64, order.Signature.Length);
        Assert.Equal(-1, order.Signature.Span.IndexOfAnyExcept((byte)0xAB));
        Assert.Equal([1, 2, 3], order.Input.ToArray());
        Assert.Equal(9u, order.Correlation);
        order.Dispose();
        Assert.Throws<ObjectDisposedException>(() => order.Input);
    }

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(2, 0, 1)]
    [InlineData(2, 1, 3)]
    public async Task Clause3_7_ClientClosesOnStepsThatGoBackOrFollowLast(
        uint first, int firstFlags, uint second)
    {
        (WireClient client, RawPeer node) = await FakeNodeAsync();
        await using (client)
        using (node)
        {
            ClientOrder order = await client.SendOrderAsync(new byte[1], new byte[64], default);
            Assert.Equal(3, (await node.ReadAsync()).Kind);
            await node.SendAsync(
                Raw.Frame(5, firstFlags, order.Correlation, Step(first)),
                Raw.Frame(5, 0, order.Correlation, Step(second)));
            await Patience.UntilAsync(() => !client.IsOpen);
            await node.ReadRefusalAsync(WireReason.BadPayload);
        }
    }

    [Fact]
    public async Task Clause3_7_OutputCarriesStepBytesAndLast()
    {
        await using var node = new TestNode(new TestHandler
        {
            Order = order =>
            {
                using (order)
                {
                    Assert.True(order.SendOutput(1, "ab"u8, last: false));
                    Assert.True(order.SendOutput(1, "c"u8, last: false));
                    Assert.True(order.SendOutput(0x01020304, default, last: true));
                    Assert.True(order.SendReceipt("r"u8));
                    Assert.False(order.SendOutput(9, "late"u8, last: false));
                }

                return default;
            },
        });
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        await peer.SendAsync(Raw.Order(1, "a"));
        Assert.Equal([1, 0, 0, 0, (byte)'a', (byte)'b'], (await peer.ReadAsync()).Payload);
        Assert.Equal([1, 0, 0, 0, (byte)'c'], (await peer.ReadAsync()).Payload);
        Seen last = await peer.ReadAsync();
        Assert.Equal([4, 3, 2, 1], last.Payload);
        Assert.Equal(1, last.Flags);
        Assert.Equal(6, (await peer.ReadAsync()).Kind);
    }

    [Fact]
    public async Task Clause3_8_ErrorTextMustBePlainUtf8AndItsReasonNotZero()
    {
        await AssertRefusedAsync(WireReason.BadPayload, Raw.Frame(10, 0, 0, 0, 0));
        await AssertRefusedAsync(WireReason.BadPayload, Raw.Frame(10, 0, 0, 1, 0, 0xFF));
        await AssertRefusedAsync(WireReason.BadPayload, Raw.Frame(10, 0, 0, 1, 0, 0x1B));
        await AssertRefusedAsync(WireReason.BadPayload, Raw.Frame(10, 0, 0, 1, 0, 0x7F));
    }

    [Fact]
    public async Task Clause3_8_LongAndHostileTextIsCutAtACharacterAndPlain()
    {
        string text = "a\nb\u007f" + new string('é', 600);
        await using var node = new TestNode(new TestHandler
        {
            Order = order =>
            {
                using (order)
                {
                    order.SendError(77, text, retryable: true);
                }

                return default;
            },
        });
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        await peer.SendAsync(Raw.Order(1, "a"));
        Seen error = await peer.ReadAsync();
        Assert.Equal((10, 2, 1u, 77), (error.Kind, error.Flags, error.Correlation, error.Reason));
        Assert.Equal("a b " + new string('é', 254), error.Text);
        Assert.Equal(514, error.Payload.Length);
    }

    [Fact]
    public async Task Clause3_9_ReasonsOfTheNodePassUntouched()
    {
        foreach (ushort reason in new ushort[] { 1, 65279 })
        {
            await using var node = new TestNode(new TestHandler
            {
                Order = order =>
                {
                    using (order)
                    {
                        order.SendError(reason, "no", retryable: false);
                    }

                    return default;
                },
            });
            await using WireClient client = await node.ConnectAsync();
            ClientOrder order = await client.SendOrderAsync(new byte[1], new byte[64], default);
            OrderEvent? last = await order.ReadAsync();
            Assert.Equal((FrameKind.Error, reason, "no", false), (
                last!.Kind, last.Reason, last.Text, last.Retryable));
            Assert.Null(await order.ReadAsync());
        }
    }

    [Fact]
    public async Task Clause3_10_AfterItsLastErrorTheNodeHandlesNothing()
    {
        await using var node = new TestNode();
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        await peer.SendAsync(Raw.Frame(99, 0, 0), Raw.Order(1, "after"));
        Seen error = await peer.ReadAsync();
        Assert.Equal((10, 0u), (error.Kind, error.Correlation));
        await peer.SendAsync(Raw.Order(2, "later"));
        Assert.Equal(0, (await peer.ReadAsync()).Kind);
        Assert.Equal(["connected"], node.Handler.Log);
    }

    [Fact]
    public async Task Clause3_10_LingersForASecondAtMost()
    {
        var time = new ManualClock();
        await using var node = new TestNode(time: time);
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        await peer.SendAsync(Raw.Frame(99, 0, 0));
        Assert.Equal(10, (await peer.ReadAsync()).Kind);
        Assert.Equal(0, (await peer.ReadAsync()).Kind);
        Assert.Equal(1, node.Server.Figures.Connections);
        time.Advance(TimeSpan.FromMilliseconds(1_200));
        await Patience.UntilAsync(() => node.Server.Figures.Connections == 0);
    }

    private static byte[] Step(uint step) => BitConverter.GetBytes(step);

    private static async Task AssertRefusedAsync(WireReason reason, byte[] frame)
    {
        await using var node = new TestNode();
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        await peer.SendAsync(frame);
        await peer.ReadRefusalAsync(reason);
        Assert.Equal(["connected"], node.Handler.Log);
    }

    /// <summary>A client of the product against a node made of raw frames.</summary>
    internal static async Task<(WireClient Client, RawPeer Node)> FakeNodeAsync(
        int silenceMsMax = 90_000, TimeProvider? time = null)
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        ValueTask<WireClient> connecting = WireClient.ConnectAsync(
            TestNode.OptionsFor(listener.LocalEndPoint!) with
            {
                SilenceMsMax = silenceMsMax,
                Time = time ?? new ManualClock(),
            });
        var node = new RawPeer(await listener.AcceptAsync());
        Seen hello = await node.ReadAsync();
        byte[] welcome = new byte[164];
        welcome[0] = 2;
        welcome[6] = 16;
        welcome[8] = 64;
        welcome[12] = 64;
        TestNode.Address.CopyTo(welcome.AsSpan(16));
        TestNode.Context.CopyTo(welcome.AsSpan(36));
        byte[] tag = Encoding.ASCII.GetBytes("ComputeVoucher wire welcome 2\n");
        TestNode.Sign(Primitives.Keccak256.Hash(Raw.Glue(tag, hello.Payload, welcome[..100])))
            .CopyTo(welcome.AsSpan(100));
        await node.SendAsync(Raw.Frame(2, 0, 0, welcome));
        return (await connecting, node);
    }
}
