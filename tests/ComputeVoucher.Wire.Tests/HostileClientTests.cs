using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Wire.Tests;

/// <summary>Small runs of the hostile-client rows: an honest client beside many bad ones.</summary>
[Trait("Category", "load")]
public sealed class HostileClientTests
{
    private const int Bad = 100;

    private static readonly WireLimits s_limits = new()
    {
        ConnectionsPerAddressMax = 1000,
        RateWindowMs = 1_000,
        AbuseTokensMax = 1000,
    };

    [Fact]
    public async Task SlowSenders_AreClosed_AndTheHonestClientIsServed()
    {
        await using var node = new TestNode(limits: s_limits);
        List<RawPeer> bad = await OpenAsync(node, Bad);
        using RawPeer honest = await RawPeer.GreetedAsync(node.EndPoint);
        long sent = (Bad + 1) * Raw.Hello().Length;
        byte[] frame = Raw.Order(1, "slow", new byte[1000]);
        for (int i = 0; i < 25; i++)
        {
            // A byte from each in every tenth of a second: a timer that every byte resets would
            // wait for ever. The clock goes on only when the bytes are there.
            await Task.WhenAll(bad.Select(one => TrySendAsync(one, frame[i..(i + 1)])));
            sent += Bad + await BeServedAsync(honest);
            await Patience.UntilAsync(() => node.Server.Figures.BytesReceivedTotal >= sent
                || node.Server.Figures.ConnectionsAbortedTotal > 0);
            node.Time.Advance(TimeSpan.FromMilliseconds(100));
        }

        await Patience.UntilAsync(() => node.Server.Figures.Connections == 1);
        Assert.Equal(Bad, node.Server.Figures.ConnectionsAbortedTotal);
        await BeServedAsync(honest);
        await Patience.UntilAsync(() => node.Server.Figures.HeldBytes == 0);
        bad.ForEach(one => one.Dispose());
    }

    [Fact]
    public async Task SlowReaders_AreCut_AndTheHonestClientIsServed()
    {
        byte[] answer = new byte[60_000];
        await using var node = new TestNode(
            new TestHandler
            {
                Order = order =>
                {
                    using (order)
                    {
                        bool big = TestHandler.Text(order.Order) == "big";
                        order.SendOutput(1, big ? answer : order.Input.Span, last: true);
                        order.SendReceipt("r"u8);
                    }

                    return default;
                },
            },
            s_limits);
        List<RawPeer> bad = await OpenAsync(node, Bad, receiveBuffer: 4096);
        using RawPeer honest = await RawPeer.GreetedAsync(node.EndPoint);
        for (uint i = 1; i <= 200; i++)
        {
            await Task.WhenAll(bad.Select(one => TrySendAsync(one, Raw.Order(i, "big"))));
            await BeServedAsync(honest);
        }

        // The honest client sends on, so that its silence is not what the clock brings about.
        await Patience.UntilAsync(async () =>
        {
            await BeServedAsync(honest);
            node.Time.Advance(TimeSpan.FromMilliseconds(100));
            return node.Server.Figures.Connections == 1;
        });
        Assert.Equal(Bad, node.Handler.Closings.Count(one => one.Reason
            is (ushort)WireReason.SlowRead or (ushort)WireReason.OutboundFull));
        bad.ForEach(one => one.Dispose());
    }

    [Fact]
    public async Task ClientsThatLeaveAtOnce_CostNoSlotAndNoPause()
    {
        await using var node = new TestNode(limits: new WireLimits
        {
            ConnectionsMax = 4,
            ConnectionsPerAddressMax = 4,
        });
        for (int i = 0; i < 300; i++)
        {
            using RawPeer rude = await RawPeer.OpenAsync(node.EndPoint);
            rude.Socket.LingerState = new System.Net.Sockets.LingerOption(true, 0);
        }

        // Those still in the backlog come and go first; were a slot lost, nobody would get in.
        for (int i = 0; i < 3; i++)
        {
            await Patience.UntilAsync(() => IsWelcomeAsync(node));
        }

        Assert.DoesNotContain(
            node.Handler.Log, line => line.StartsWith("fault", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ClosedToken_WhoseCallbackThrows_HarmsNobody()
    {
        await using var node = new TestNode();
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        await peer.SendAsync(Raw.Order(1, "hold"));
        await Patience.UntilAsync(() => node.Handler.Held.Count == 1);
        node.Handler.Held.TryDequeue(out IOrderStream? order);
        order!.Connection.Closed.Register(() => throw new InvalidOperationException("callback"));
        peer.Dispose();
        await Patience.UntilAsync(() => node.Handler.Closings.Count == 1);
        order.Dispose();
        Assert.Contains(
            node.Handler.Log, line => line.StartsWith("fault", StringComparison.Ordinal));
        using RawPeer next = await RawPeer.GreetedAsync(node.EndPoint);
    }

    [Fact]
    public async Task CancelFlood_EndsTheFlooders_AndWorkStaysBounded()
    {
        int most = 0;
        await using var node = new TestNode(limits: s_limits with { OrdersInFlightMax = 4 });
        List<RawPeer> bad = await OpenAsync(node, 20);
        Task attack = Task.WhenAll(bad.Select(one => Task.Run(async () =>
        {
            for (uint i = 1; i <= 300; i++)
            {
                await TrySendAsync(one, Raw.Glue(Raw.Order(i, "hold"), Raw.Text(9, i, "stop")));
                most = Math.Max(most, node.Server.Figures.OrdersInFlight);
            }
        })));
        await attack;
        await node.SweepUntilAsync(() => node.Handler.Closings.Count >= 20);
        Assert.InRange(most, 0, 80);
        Assert.InRange(node.Handler.Held.Count, 1, 80);
        Assert.Equal(20, node.Handler.Closings.Count(
            one => one.Reason == (ushort)WireReason.CancelFlood));
        foreach (IOrderStream order in node.Handler.Held)
        {
            order.Dispose();
        }

        await Patience.UntilAsync(
            () => node.Server.Figures is { OrdersInFlight: 0, HeldBytes: 0 });
        bad.ForEach(one => one.Dispose());
    }

    [Fact]
    public async Task ManyClientsAtOnce_EveryOrderIsAnsweredOnceWithItsOwnAnswer()
    {
        await using var node = new TestNode();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            await using WireClient client = await node.ConnectAsync();
            var prng = new Prng((ulong)worker + 1);
            await Task.WhenAll(Enumerable.Range(0, 300).Select(async i =>
            {
                byte[] input = prng.Bytes(1 + (i * 37 % 3000));
                string name = $"order {worker} {i}";
                ClientOrder order = await client.SendOrderAsync(
                    System.Text.Encoding.ASCII.GetBytes(name), new byte[64], input);
                Assert.Equal(input, (await order.ReadAsync())!.Bytes.ToArray());
                Assert.Equal(
                    "receipt of " + name, TestHandler.Text((await order.ReadAsync())!.Bytes));
                Assert.Null(await order.ReadAsync());
            }));
        })));
        await Patience.UntilAsync(() => node.Server.Figures.OrdersInFlight == 0);
        await Patience.UntilAsync(() => node.Server.Figures is { Connections: 0, HeldBytes: 0 });
    }

    private static async Task<List<RawPeer>> OpenAsync(
        TestNode node, int count, int receiveBuffer = 0)
    {
        var open = new List<RawPeer>();
        for (int i = 0; i < count; i++)
        {
            open.Add(await RawPeer.GreetedAsync(node.EndPoint, receiveBuffer));
        }

        return open;
    }

    private static async Task TrySendAsync(RawPeer peer, byte[] bytes)
    {
        try
        {
            await peer.Socket.SendAsync(bytes);
        }
        catch (System.Net.Sockets.SocketException)
        {
            // Closed by the rule: what the test is about.
        }
    }

    /// <summary>An order of the peer is answered; the bytes that it took to ask.</summary>
    private static async Task<int> BeServedAsync(RawPeer peer)
    {
        byte[] order = Raw.Order(1, "honest", new byte[8]);
        await peer.SendAsync(order);
        Assert.Equal(5, (await peer.ReadAsync()).Kind);
        Assert.Equal(6, (await peer.ReadAsync()).Kind);
        return order.Length;
    }

    private static async Task<bool> IsWelcomeAsync(TestNode node)
    {
        try
        {
            using RawPeer peer = await RawPeer.OpenAsync(node.EndPoint);
            await peer.SendAsync(Raw.Hello());
            return (await peer.ReadAsync()).Kind == 2;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
