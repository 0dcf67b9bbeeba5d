using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;
using ComputeVoucher.Wire.Internal;

namespace ComputeVoucher.Wire.Tests;

/// <summary>Section 7 of the specification.</summary>
[Trait("Category", "load")]
public sealed class LimitClauseTests
{
    [Theory]
    [InlineData(1_000, true)]
    [InlineData(1_300, false)]
    public async Task Clause7_1_FrameSlowerThanTheRateIsRefused(int bytesPerWindow, bool refused)
    {
        var time = new ManualClock();
        await using var node = new TestNode(time: time);
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        byte[] frame = Raw.Order(1, "slow", new byte[40_000]);
        int sent = 5_000;
        long before = Raw.Hello().Length;
        await peer.SendAsync(frame[..sent]);
        await Patience.UntilAsync(() => node.Server.Figures.BytesReceivedTotal == before + sent);
        for (int window = 0; window < 5 && (!refused || window < 1); window++)
        {
            await peer.SendAsync(frame[sent..(sent + bytesPerWindow)]);
            sent += bytesPerWindow;
            long target = before + sent;
            await Patience.UntilAsync(() => node.Server.Figures.BytesReceivedTotal == target);
            time.Advance(TimeSpan.FromMilliseconds(5_000));
        }

        if (refused)
        {
            await peer.ReadRefusalAsync(WireReason.SlowSend);
        }
        else
        {
            await peer.SendAsync(frame[sent..]);
            Assert.Equal(5, (await peer.ReadAsync()).Kind);
        }
    }

    [Fact]
    public async Task Clause7_1_FastStartDoesNotPayForAStall()
    {
        var time = new ManualClock();
        await using var node = new TestNode(time: time);
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        await peer.SendAsync(Raw.Order(1, "fast", new byte[200_000])[..150_000]);
        await Patience.UntilAsync(
            () => node.Server.Figures.HeldBytes >= 150_000, () => node.Server.Figures.ToString());
        time.Advance(TimeSpan.FromSeconds(5));
        time.Advance(TimeSpan.FromMilliseconds(5_200));
        await peer.ReadRefusalAsync(WireReason.SlowSend);
        time.Advance(TimeSpan.FromMilliseconds(1_200));
        await Patience.UntilAsync(() => node.Server.Figures.HeldBytes == 0);
    }

    [Fact]
    public async Task Clause7_2_FrameMustEndWithinItsDeadlineAtAnyRate()
    {
        var time = new ManualClock();
        await using var node = new TestNode(time: time);
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        byte[] frame = Raw.Order(1, "long", new byte[900_000]);
        int sent = 0;
        long before = Raw.Hello().Length;
        for (int second = 0; second < 59; second++)
        {
            await peer.SendAsync(frame[sent..(sent + 10_000)]);
            sent += 10_000;
            long target = before + sent;
            await Patience.UntilAsync(() => node.Server.Figures.BytesReceivedTotal == target);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(1, node.Server.Figures.Connections);
        time.Advance(TimeSpan.FromSeconds(2));
        await peer.ReadRefusalAsync(WireReason.SlowSend);
    }

    [Fact]
    public async Task Clause7_3_ClientThatDoesNotReadIsCut()
    {
        var time = new ManualClock();
        var handler = new TestHandler();
        await using var node = new TestNode(handler, time: time);
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint, receiveBuffer: 4096);
        await peer.SendAsync(Raw.Order(1, "hold"));
        await Patience.UntilAsync(() => handler.Held.Count == 1);
        handler.Held.TryDequeue(out IOrderStream? order);
        Task<bool> sending = order!.SendOutputAsync(1, new byte[30_000_000], last: true).AsTask();
        time.Advance(TimeSpan.FromMilliseconds(4_900));
        Assert.False(sending.IsCompleted);

        // Cut in the first whole window in which nothing moves; until then kernels fill up.
        await node.SweepUntilAsync(() => sending.IsCompleted);
        Assert.False(await sending);
        order.Dispose();
        await Patience.UntilAsync(() => node.Server.Figures.Connections == 0);
        handler.Closings.TryDequeue(out (long Id, ushort Reason) closing);
        Assert.Equal((ushort)WireReason.SlowRead, closing.Reason);
    }

    [Fact]
    public async Task Clause7_4_StreamThatPilesUpIsCut()
    {
        var handler = new TestHandler();
        await using var node = new TestNode(handler);
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint, receiveBuffer: 4096);
        await peer.SendAsync(Raw.Order(1, "hold"));
        await Patience.UntilAsync(() => handler.Held.Count == 1);
        handler.Held.TryDequeue(out IOrderStream? order);
        uint step = 1;
        while (step < 100_000 && order!.SendOutput(step, new byte[1000], last: false))
        {
            step++;
        }

        Assert.InRange(step, 250u, 50_000u);
        order!.Dispose();
        await Patience.UntilAsync(() => handler.Closings.Count == 1);
        handler.Closings.TryDequeue(out (long Id, ushort Reason) closing);
        Assert.Equal((ushort)WireReason.OutboundFull, closing.Reason);
    }

    [Fact]
    public async Task Clause7_5_BusyHandlerStopsReadingAndTheDeadlinesRest()
    {
        var time = new ManualClock();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var node = new TestNode(
            new TestHandler
            {
                Order = async order =>
                {
                    await gate.Task;
                    TestHandler.Answer(order);
                },
            },
            time: time);
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        byte[] second = Raw.Order(2, "b", new byte[100_000]);
        await peer.SendAsync(Raw.Order(1, "a"), second[..60_000]);
        await Patience.UntilAsync(() => node.Handler.Log.Count == 2);
        time.Advance(TimeSpan.FromSeconds(200));
        Assert.Equal(["connected", "order a"], node.Handler.Log);
        gate.SetResult();
        Assert.Equal(5, (await peer.ReadAsync()).Kind);
        Assert.Equal(6, (await peer.ReadAsync()).Kind);
        await peer.SendAsync(second[60_000..]);
        Assert.Equal(2u, (await peer.ReadAsync()).Correlation);
    }

    [Fact]
    public async Task Clause7_6_AcceptingPausesAtTheBoundOfPayers()
    {
        await using var node = new TestNode(limits: new WireLimits
        {
            ConnectionsMax = 2,
            ConnectionsPerAddressMax = 2,
        });
        using RawPeer first = await RawPeer.GreetedAsync(node.EndPoint);
        using RawPeer second = await RawPeer.GreetedAsync(node.EndPoint);
        using RawPeer third = await RawPeer.OpenAsync(node.EndPoint);
        await third.SendAsync(Raw.Hello());
        for (int i = 0; i < 100; i++)
        {
            await second.SendAsync(Raw.Frame(11, 0, 0, new byte[8]));
            Assert.Equal(12, (await second.ReadAsync()).Kind);
        }

        Assert.Equal(2, node.Server.Figures.ConnectionsTotal);
        Assert.Equal(0, third.Socket.Available);
        first.Dispose();
        Assert.Equal(2, (await third.ReadAsync()).Kind);
    }

    [Fact]
    public async Task Clause7_7_OneAddressMayHaveOnlySoMany()
    {
        await using var node =
            new TestNode(limits: new WireLimits { ConnectionsPerAddressMax = 3 });
        var open = new List<RawPeer>();
        for (int i = 0; i < 3; i++)
        {
            open.Add(await RawPeer.GreetedAsync(node.EndPoint));
        }

        using RawPeer refused = await RawPeer.OpenAsync(node.EndPoint);
        Assert.Contains((await refused.ReadAsync()).Kind, new[] { 0, 255 });
        open[0].Dispose();
        await Patience.UntilAsync(() => node.Server.Figures.Connections == 2);
        open.Add(await RawPeer.GreetedAsync(node.EndPoint));
        open.ForEach(one => one.Dispose());
    }

    [Fact]
    public void Clause7_7_AnIPv6NetworkIsOneAddressAndMappedIPv4IsIPv4()
    {
        AddressKey home = Key("2001:db8:1:2::1");
        Assert.Equal(home, Key("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        Assert.NotEqual(home, Key("2001:db8:1:3::1"));
        Assert.Equal(Key("10.0.0.1"), Key("::ffff:10.0.0.1"));
        Assert.NotEqual(Key("10.0.0.1"), Key("10.0.0.2"));
        Assert.NotEqual(Key("32.1.13.184"), Key("2001:db8::"));

        static AddressKey Key(string text) => AddressKey.Of(IPAddress.Parse(text));
    }

    [Fact]
    public async Task Clause7_8_OrderBeyondTheHeldBytesIsBusy()
    {
        await using var node = new TestNode(limits: new WireLimits
        {
            HeldBytesMax = 4 << 20,
            HeldBytesStrangersMax = 2 << 20,
            HeldBytesPerAddressMax = 2 << 20,
        });
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        await peer.SendAsync(Raw.Order(1, "hold", new byte[1_000_000]));
        await Patience.UntilAsync(() => node.Handler.Held.Count == 1);
        await Patience.UntilAsync(
            () => node.Server.Figures.HeldBytes == 1_000_070, () => node.Server.Figures.ToString());
        await peer.SendAsync(Raw.Order(2, "small", 1), Raw.Frame(11, 0, 0, new byte[8]));
        Assert.Equal(2u, (await peer.ReadAsync()).Correlation);
        Assert.Equal(2u, (await peer.ReadAsync()).Correlation);
        Assert.Equal(12, (await peer.ReadAsync()).Kind);
        await peer.SendAsync(Raw.Order(3, "big", new byte[600_000]));
        Seen busy = await peer.ReadAsync();
        Assert.Equal((ushort)WireReason.Busy, busy.Reason);
        node.Handler.Held.TryDequeue(out IOrderStream? order);
        order!.Dispose();
        await Patience.UntilAsync(() => node.Server.Figures.HeldBytes == 0);
    }

    [Fact]
    public void Clause7_10_LimitsThatContradictEachOtherAreRefused()
    {
        new WireLimits().Verify();
        WireLimits[] wrong =
        [
            new() { ConnectionsMax = 10, ConnectionsPerAddressMax = 11 },
            new() { OrdersInFlightMax = 0 },
            new() { RequestsInFlightMax = 1025 },
            new() { HeldBytesPerAddressMax = (2 << 20) - 1 },
            new() { HeldBytesMax = 8 << 20 },
            new() { HeldBytesStrangersMax = (2 << 20) - 1 },
            new() { HeldBytesStrangersMax = 63 << 20 },
            new() { StrangerMsMax = 1_999 },
            new() { OutboundBytesSoft = 200 << 10 },
            new() { OutboundBytesMax = 240 << 10, OutboundBytesSoft = 1 },
            new() { OutboundBytesStrangersMax = 4095 },
            new() { OutboundBytesStrangersMax = 257 << 10 },
            new() { KernelSendBytes = 4095 },
            new() { RateWindowMs = 60_001 },
            new() { SweepMs = 3_000 },
            new() { PingAfterMs = 90_000 },
            new() { CancelsPerWindowMax = 0 },
            new() { AbuseTokenMs = 0 },
            new() { LingerMsMax = 0 },
        ];
        foreach (WireLimits limits in wrong)
        {
            WireException e = Assert.Throws<WireException>(limits.Verify);
            Assert.DoesNotContain('\n', e.Message);
        }
    }

    [Fact]
    public async Task Start_PortTaken_IsOneClearLine()
    {
        await using var node = new TestNode();
        WireException e = Assert.Throws<WireException>(() => WireServer.Start(
            new WireServerOptions
            {
                Endpoint = node.EndPoint,
                Node = TestNode.Address,
                Context = TestNode.Context,
                Signer = (in Primitives.Bytes32 _, Span<byte> _) => { },
                FillRandom = _ => { },
                Time = new ManualClock(),
            },
            new TestHandler()));
        Assert.Equal(
            $"cannot listen on {node.EndPoint}: the port is taken; "
                + "stop the other program or choose another",
            e.Message);
    }

    [Fact]
    public async Task Connect_NobodyListens_IsOneClearLine()
    {
        IPEndPoint endpoint;
        using (var probe = new Socket(SocketType.Stream, ProtocolType.Tcp))
        {
            probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            endpoint = (IPEndPoint)probe.LocalEndPoint!;
        }

        WireException e = await Assert.ThrowsAsync<WireException>(async () =>
            await WireClient.ConnectAsync(TestNode.OptionsFor(endpoint)));
        Assert.StartsWith(
            $"cannot reach a node at {endpoint}", e.Message, StringComparison.Ordinal);
    }
}
