using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Wire.Internal;

namespace ComputeVoucher.Wire.Tests;

/// <summary>Clauses of sections 6 and 7 about who has not shown that he pays, and small floods of
/// them. Payers are whose orders begin with "pay".</summary>
[Trait("Category", "load")]
public sealed class StrangerClauseTests
{
    private static readonly Address s_payer =
        new(Keccak256.Hash("payer"u8).Span[..Address.Size]);

    [Fact]
    public async Task Clause6_5_SilentStrangerIsClosedThoughItAnswersPings()
    {
        var time = new ManualClock();
        await using var node = new TestNode(Strangers(), time: time);
        using RawPeer payer = await PayingAsync(node);
        await using WireClient stranger = await node.ConnectAsync();
        time.Advance(TimeSpan.FromMilliseconds(29_900));
        Assert.Equal(2, node.Server.Figures.Connections);
        await node.SweepUntilAsync(() => !stranger.IsOpen);
        await Patience.UntilAsync(() => node.Server.Figures.Connections == 1);
        Assert.Equal(5, (await OrderAsync(payer, "pay")).Kind);
    }

    [Fact]
    public async Task Clause7_6_TheOldestStrangerMakesRoomAndNoPayer()
    {
        await using var node = new TestNode(Strangers(), new WireLimits
        {
            ConnectionsMax = 8,
            ConnectionsPerAddressMax = 8,
        });
        using RawPeer payer = await PayingAsync(node);
        List<RawPeer> flood = [];
        for (int i = 0; i < 100; i++)
        {
            flood.Add(await RawPeer.GreetedAsync(node.EndPoint));
        }

        // Newcomers get in however many idle ones are there, and may show that they pay.
        using RawPeer newcomer = await PayingAsync(node);
        Assert.Equal(5, (await OrderAsync(payer, "pay")).Kind);
        Assert.True(node.Server.Figures.Connections <= 8);
        Assert.Equal(102, node.Server.Figures.ConnectionsTotal);
        Assert.Equal(102 - 8, node.Server.Figures.ConnectionsEvictedTotal);
        flood.ForEach(one => one.Dispose());
        await Patience.UntilAsync(() => node.Server.Figures.Connections == 2);
    }

    [Fact]
    public async Task Clause7_7_APayerMayHaveOnlySoManyAndTheRestAreStrangers()
    {
        await using var node = new TestNode(Strangers(), new WireLimits
        {
            ConnectionsMax = 4,
            ConnectionsPerAddressMax = 3,
        });
        List<RawPeer> open = [];
        for (int i = 0; i < 3; i++)
        {
            open.Add(await PayingAsync(node));
        }

        await Patience.UntilAsync(() => node.Server.Addresses.Count == 2);
        Assert.Null(node.Server.Addresses.EnterPayer(s_payer));
        open[0].Dispose();
        await Patience.UntilAsync(() => node.Server.Figures.Connections == 2);
        Account? again = node.Server.Addresses.EnterPayer(s_payer);
        Assert.NotNull(again);
        node.Server.Addresses.Leave(again);
        open.ForEach(one => one.Dispose());
    }

    [Fact]
    public void Clause7_7_NetworksOfIPv6AreBoundedToo()
    {
        AddressBook book = new(
            new WireLimits { ConnectionsPerAddressMax = 2 }, new ManualClock());
        Assert.Equal(8, Fill("2001:db8:1:00{0:x2}::1"));
        Assert.Equal(24, Fill("2001:db8:1:{0:x2}00::1"));
        Assert.Equal(16, Enumerable.Range(0, 8).Sum(i => Count($"2001:db8:2:{i:x2}00::1")));
        Assert.Equal(2, Count("10.0.0.1"));
        Assert.Equal(2, Count("10.0.0.2"));

        int Fill(string network) => Enumerable.Range(0, 200).Sum(i =>
            Count(string.Format(null, System.Text.CompositeFormat.Parse(network), i)));

        int Count(string text)
        {
            int entered = 0;
            while (book.Enter(IPAddress.Parse(text)) is not null)
            {
                entered++;
            }

            return entered;
        }
    }

    /// <summary>Four addresses with unfinished frames once filled the node.</summary>
    [Fact]
    public async Task Clause7_8_UnfinishedFramesOfStrangersTakeNothingFromPayers()
    {
        await using var node = new TestNode(Strangers(), new WireLimits
        {
            ConnectionsPerAddressMax = 1000,
            HeldBytesMax = 8 << 20,
            HeldBytesStrangersMax = 2 << 20,
            HeldBytesPerAddressMax = 4 << 20,
        });
        using RawPeer payer = await PayingAsync(node);
        List<RawPeer> flood = [];
        byte[] begun = Raw.Order(1, "slow", new byte[1_000_000])[..200_000];
        for (int i = 0; i < 60; i++)
        {
            flood.Add(await RawPeer.GreetedAsync(node.EndPoint));
            await flood[^1].SendAsync(begun);
            await Patience.UntilAsync(() => node.Server.Figures.HeldBytesOfStrangers > 0);
            Assert.Equal(5, (await OrderAsync(payer, "pay", 500_000)).Kind);
        }

        await Patience.UntilAsync(
            () => node.Server.Figures.HeldBytesOfStrangers <= 2 << 20,
            () => node.Server.Figures.ToString());

        // The newest stranger was not the one to go, and finishes.
        using RawPeer newest = await PayingAsync(node, 500_000);
        Assert.True(node.Server.Figures.Connections < 62);
        flood.ForEach(one => one.Dispose());
        await Patience.UntilAsync(() => node.Server.Figures.HeldBytes == 0);
        await Patience.UntilAsync(() => node.Server.Figures.Connections == 2);
    }

    /// <summary>One payer's unfinished frames fill the payers' share: they make room, and those
    /// of whoever holds less do not.</summary>
    [Fact]
    public async Task Clause7_8_ThePayerThatHoldsMostMakesRoom()
    {
        TestHandler handler = new() { PayerOf = one => one.Id <= 7 ? s_payer : Own(one.Id) };
        await using var node = new TestNode(handler, new WireLimits
        {
            HeldBytesMax = 5 << 20,
            HeldBytesStrangersMax = 2 << 20,
            HeldBytesPerAddressMax = 2 << 20,
        });
        List<RawPeer> open = [];
        byte[] order = Raw.Order(9, "slow", new byte[700_000]);
        for (int i = 0; i < 9; i++)
        {
            open.Add(await RawPeer.GreetedAsync(node.EndPoint));
            await open[^1].SendAsync(order[..(i < 7 ? 200_000 : 400_000)]);
        }

        await Patience.UntilAsync(() =>
            node.Server.Figures.BytesReceivedTotal > (7 * 200_000) + (2 * 400_000));

        for (int i = 0; i < 3; i++)
        {
            using RawPeer newcomer = await RawPeer.GreetedAsync(node.EndPoint);
            Assert.Equal(5, (await OrderAsync(newcomer, "new", 200_000)).Kind);
        }

        Assert.InRange(node.Server.Figures.ConnectionsEvictedTotal, 1, 7);
        open[..7].ForEach(one => one.Dispose());
        await Patience.UntilAsync(() => node.Server.Figures.Connections == 2);
        foreach (RawPeer lesser in open[7..])
        {
            await lesser.SendAsync(order[400_000..]);
            Assert.Equal(5, (await lesser.ReadAsync()).Kind);
        }

        open.ForEach(one => one.Dispose());

        static Address Own(long id) =>
            new(Keccak256.Hash(BitConverter.GetBytes(id)).Span[..Address.Size]);
    }

    /// <summary>What strangers let pile up is little, and they get answers all the same.</summary>
    [Fact]
    public async Task Clause7_4_AStrangerThatDoesNotReadIsCutSooner()
    {
        TestHandler handler = new() { PayerOf = one => one.Id == 1 ? s_payer : null };
        await using var node = new TestNode(handler);
        uint payer = await PileUpAsync(node, handler);
        uint stranger = await PileUpAsync(node, handler);

        // In pieces of 1,000 bytes: 248 KiB lie between the two bounds, whatever the kernel takes.
        Assert.True(stranger + 100 < payer, $"{stranger} pieces, of a payer {payer}");
        Assert.All(handler.Closings, closing =>
            Assert.Equal((ushort)WireReason.OutboundFull, closing.Reason));

        using RawPeer reader = await RawPeer.GreetedAsync(node.EndPoint);
        await reader.SendAsync(Raw.Order(2, "read", new byte[60_000]));
        Assert.Equal(5, (await reader.ReadAsync()).Kind);
    }

    [Fact]
    public async Task Clause7_7_OneConnectionTooManyOfAPayerIsToldSo()
    {
        TestHandler handler = Strangers();
        await using var node = new TestNode(
            handler, new WireLimits { ConnectionsPerAddressMax = 2 });
        Account first = node.Server.Addresses.EnterPayer(s_payer)!;
        node.Server.Addresses.EnterPayer(s_payer);
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        await Patience.UntilAsync(() => handler.Connections.Count == 1);
        IWireConnection connection = handler.Connections.First();
        Assert.False(connection.Prove(s_payer));
        node.Server.Addresses.Leave(first);
        Assert.True(connection.Prove(s_payer));
        Assert.True(connection.Prove(s_payer));
    }

    [Theory]
    [InlineData(2000, 2000, false)]
    [InlineData(2000, 2001, true)]
    [InlineData(1 << 20, 1 << 20, false)]
    public async Task Clause7_11_OrderLongerThanWelcomeSaysIsRefusedAtItsHeader(
        int most, int length, bool refused)
    {
        await using var node = new TestNode(orderBytesMax: most);
        await using WireClient client = await node.ConnectAsync();
        Assert.Equal(most, client.Welcome.FrameBytesMax);
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        byte[] order = Raw.Order(1, "x", new byte[length - 2 - 1 - 64]);
        await peer.SendAsync(order[..12]);
        if (refused)
        {
            await peer.ReadRefusalAsync(WireReason.BadLength);
            Assert.Equal(0, node.Server.Figures.HeldBytes);
        }
        else
        {
            await peer.SendAsync(order[12..]);
            Assert.Equal(5, (await peer.ReadAsync()).Kind);
        }
    }

    [Fact]
    public async Task Clause6_4_APayersAbuseIsItsOwnAndNotOfItsAddress()
    {
        await using var node = new TestNode(Strangers(), new WireLimits { AbuseTokensMax = 2 });
        for (int i = 0; i < 2; i++)
        {
            using RawPeer bad = await PayingAsync(node);
            node.Handler.Connections.Last().Close(171, "bad signature", abusive: true);
            Assert.Equal(10, (await bad.ReadAsync()).Kind);
        }

        // Behind a tunnel everybody has this address.
        using RawPeer honest = await PayingAsync(node);
        Assert.Equal(5, (await OrderAsync(honest, "pay")).Kind);
    }

    private static TestHandler Strangers() => new()
    {
        PayerOf = _ => null,
        Order = order =>
        {
            if (TestHandler.Text(order.Order).StartsWith("pay", StringComparison.Ordinal))
            {
                order.Connection.Prove(s_payer);
            }

            TestHandler.Answer(order);
            return default;
        },
    };

    /// <summary>Pieces of 1,000 bytes that a client which does not read is sent until it is cut.
    /// </summary>
    private static async Task<uint> PileUpAsync(TestNode node, TestHandler handler)
    {
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint, receiveBuffer: 4096);
        await peer.SendAsync(Raw.Order(1, "hold"));
        await Patience.UntilAsync(() => !handler.Held.IsEmpty);
        handler.Held.TryDequeue(out IOrderStream? order);
        uint step = 1;
        while (step < 100_000 && order!.SendOutput(step, new byte[1000], last: false))
        {
            step++;
        }

        order!.Dispose();
        await Patience.UntilAsync(() => node.Server.Figures.Connections == 0);
        return step;
    }

    private static async Task<RawPeer> PayingAsync(TestNode node, int bytes = 0)
    {
        RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        Assert.Equal(5, (await OrderAsync(peer, "pay", bytes)).Kind);
        return peer;
    }

    /// <summary>The first frame of the answer; the rest of it, and pings, are read and left.
    /// </summary>
    private static async Task<Seen> OrderAsync(RawPeer peer, string text, int bytes = 0)
    {
        await peer.SendAsync(Raw.Order(9, text, new byte[bytes]));
        Seen seen = await peer.ReadAsync();
        while (seen.Kind == (int)FrameKind.Ping)
        {
            seen = await peer.ReadAsync();
        }

        while ((await peer.ReadAsync()).Kind == 5)
        {
        }

        return seen;
    }
}
