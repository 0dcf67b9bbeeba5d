using System;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Wire.Tests;

/// <summary>Section 6 of the specification.</summary>
[Trait("Category", "load")]
public sealed class EndingClauseTests
{
    [Fact]
    public async Task Clause6_1_PingIsEchoedAndAStrayPongIgnored()
    {
        await using var node = new TestNode();
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        await peer.SendAsync(
            Raw.Frame(12, 0, 0, new byte[8]), Raw.Frame(11, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8));
        Seen pong = await peer.ReadAsync();
        Assert.Equal(12, pong.Kind);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], pong.Payload);
    }

    [Fact]
    public async Task Clause6_2_SilentClientIsPingedAndThenClosed()
    {
        var time = new ManualClock();
        await using var node = new TestNode(time: time);
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);

        // While a frame is handled no deadline counts, and Welcome leaves before that is over.
        await Patience.UntilAsync(
            () => node.Server.Figures.BytesReceivedTotal == Raw.Hello().Length);
        time.Advance(TimeSpan.FromSeconds(29));
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(11, (await peer.ReadAsync()).Kind);
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(11, (await peer.ReadAsync()).Kind);
        time.Advance(TimeSpan.FromSeconds(30));
        await peer.ReadRefusalAsync(WireReason.Silent);
    }

    [Fact]
    public async Task Clause6_2_ClientThatAnswersPingsStays()
    {
        var time = new ManualClock();
        await using var node = new TestNode(time: time);
        await using WireClient client = await node.ConnectAsync();
        long frames = node.Server.Figures.FramesTotal;
        for (int i = 1; i <= 5; i++)
        {
            time.Advance(TimeSpan.FromSeconds(31));
            long answered = frames + i;
            await Patience.UntilAsync(() => node.Server.Figures.FramesTotal == answered);
        }

        Assert.True(client.IsOpen);
    }

    [Fact]
    public async Task Clause6_2_ClientGivesUpASilentNode()
    {
        var time = new ManualClock();
        (WireClient client, RawPeer node) =
            await FrameClauseTests.FakeNodeAsync(silenceMsMax: 900, time);
        await using (client)
        using (node)
        {
            ClientOrder order = await client.SendOrderAsync(new byte[1], new byte[64], default);
            Assert.Equal(3, (await node.ReadAsync()).Kind);
            time.Advance(TimeSpan.FromMilliseconds(400));
            Assert.Equal(11, (await node.ReadAsync()).Kind);
            Assert.True(client.IsOpen);
            time.Advance(TimeSpan.FromMilliseconds(1_100));
            OrderEvent last = (await order.ReadAsync())!;
            Assert.Equal((ushort)WireReason.Disconnected, last.Reason);
            Assert.True(last.Retryable);
        }
    }

    [Fact]
    public async Task Clause6_3_DrainFinishesWhatIsInFlight()
    {
        await using var node = new TestNode();
        await using WireClient client = await node.ConnectAsync();
        ClientOrder order = await client.SendOrderAsync("hold"u8.ToArray(), new byte[64], default);
        await Patience.UntilAsync(() => node.Handler.Held.Count == 1);
        Task<bool> draining = node.Server.DrainAsync(Patience.Default).AsTask();
        node.Time.Advance(TimeSpan.FromMilliseconds(100));
        await Patience.UntilAsync(() => client.NodeIsDraining);
        ClientOrder late = await client.SendOrderAsync("late"u8.ToArray(), new byte[64], default);
        OrderEvent refusal = (await late.ReadAsync())!;
        Assert.Equal((ushort)WireReason.Draining, refusal.Reason);
        Assert.True(refusal.Retryable);
        await Assert.ThrowsAsync<WireException>(async () => await node.ConnectAsync());
        node.Handler.Held.TryDequeue(out IOrderStream? held);
        TestHandler.Answer(held!);
        Assert.Equal(FrameKind.Output, (await order.ReadAsync())!.Kind);
        Assert.Equal(FrameKind.Receipt, (await order.ReadAsync())!.Kind);
        ReadOnlyMemory<byte> stored = await client.RequestAsync(FrameKind.Ack, "ack"u8.ToArray());
        Assert.Equal("answer to ack", TestHandler.Text(stored));
        await node.SweepUntilAsync(() => draining.IsCompleted);
        Assert.True(await draining);
        await Patience.UntilAsync(() => !client.IsOpen);
    }

    [Fact]
    public async Task Clause6_3_DrainCutsOffWhatDoesNotFinishInTime()
    {
        await using var node = new TestNode();
        await using WireClient client = await node.ConnectAsync();
        ClientOrder order = await client.SendOrderAsync("hold"u8.ToArray(), new byte[64], default);
        await Patience.UntilAsync(() => node.Handler.Held.Count == 1);
        int timers = node.Time.Armed;
        Task<bool> draining = node.Server.DrainAsync(TimeSpan.FromMilliseconds(300)).AsTask();
        await Patience.UntilAsync(() => node.Time.Armed > timers);
        node.Time.Advance(TimeSpan.FromMilliseconds(200));
        Assert.False(draining.IsCompleted);
        node.Time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.False(await draining);
        Assert.Equal((ushort)WireReason.Disconnected, (await order.ReadAsync())!.Reason);
    }

    [Fact]
    public async Task Clause6_4_AbusiveAddressIsRefusedUntilTokensComeBack()
    {
        var time = new ManualClock();
        await using var node = new TestNode(
            new TestHandler
            {
                PayerOf = _ => null,
                Order = order =>
                {
                    using (order)
                    {
                        order.Connection.Close(42, "bad signature", abusive: true);
                    }

                    return default;
                },
            },
            time: time);
        for (int i = 0; i < 8; i++)
        {
            using RawPeer bad = await RawPeer.GreetedAsync(node.EndPoint);
            await bad.SendAsync(Raw.Order(1, "forged"));
            Seen error = await bad.ReadAsync();
            Assert.Equal((10, 0u, (ushort)42), (error.Kind, error.Correlation, error.Reason));
        }

        using RawPeer refused = await RawPeer.OpenAsync(node.EndPoint);
        Assert.Equal(0, (await refused.ReadAsync()).Kind);
        Assert.Equal(1, node.Server.Figures.ConnectionsRefusedTotal);
        time.Advance(TimeSpan.FromMilliseconds(1_100));
        using RawPeer welcome = await RawPeer.GreetedAsync(node.EndPoint);
    }
}
