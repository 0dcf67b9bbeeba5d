using System;
using System.Collections.Generic;
using System.Net;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Wire.Tests;

/// <summary>Clauses 7.5 and 7.6: how many strangers there are at once, and that they wait for each
/// other and nobody for them. Who pays begins a statement with "pay".</summary>
[Trait("Category", "load")]
public sealed class StrangerTurnTests
{
    private static readonly Address s_payer =
        new(Keccak256.Hash("payer"u8).Span[..Address.Size]);

    [Fact]
    public async Task Clause7_5_OneFrameOfStrangersAtATimeAndPayersPass()
    {
        TaskCompletionSource go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int at = 0;
        int most = 0;
        await using var node = new TestNode(new TestHandler
        {
            PayerOf = _ => null,
            Order = async order =>
            {
                if (IsPaying(order))
                {
                    TestHandler.Answer(order);
                    return;
                }

                most = Math.Max(most, Interlocked.Increment(ref at));
                await go.Task;
                TestHandler.Answer(order);
                Interlocked.Decrement(ref at);
            },
        });
        using RawPeer payer = await RawPeer.GreetedAsync(node.EndPoint);
        Assert.Equal(5, await OrderAsync(payer, "pay"));
        List<RawPeer> strangers = [];
        for (int i = 0; i < 5; i++)
        {
            strangers.Add(await RawPeer.GreetedAsync(node.EndPoint));
        }

        long before = node.Server.Figures.FramesTotal;
        foreach (RawPeer stranger in strangers)
        {
            await stranger.SendAsync(Raw.Order(9, "order"));
        }

        await Patience.UntilAsync(() => Volatile.Read(ref at) == 1);
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(5, await OrderAsync(payer, "pay"));
        }

        // The other four are not even begun.
        Assert.Equal(before + 1 + 20, node.Server.Figures.FramesTotal);
        go.SetResult();
        foreach (RawPeer stranger in strangers)
        {
            Assert.Equal(5, (await stranger.ReadAsync()).Kind);
            stranger.Dispose();
        }

        Assert.Equal(1, most);
    }

    /// <summary>While one of them is served, not even the bytes are read that go on with the
    /// frame of another one; a payer's are.</summary>
    [Fact]
    public async Task Clause7_5_FramesThatHaveBegunAreReadInTurn()
    {
        TaskCompletionSource go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int at = 0;
        await using var node = new TestNode(new TestHandler
        {
            PayerOf = _ => null,
            Order = async order =>
            {
                if (!IsPaying(order))
                {
                    Interlocked.Increment(ref at);
                    await go.Task;
                }

                TestHandler.Answer(order);
            },
        });
        long Received() => node.Server.Figures.BytesReceivedTotal;
        using RawPeer payer = await RawPeer.GreetedAsync(node.EndPoint);
        Assert.Equal(5, await OrderAsync(payer, "pay"));
        using RawPeer slow = await RawPeer.GreetedAsync(node.EndPoint);
        byte[] order = Raw.Order(9, "order", new byte[500]);
        long before = Received();
        await slow.SendAsync(order[..100]);
        await Patience.UntilAsync(() => Received() == before + 100);
        using RawPeer served = await RawPeer.GreetedAsync(node.EndPoint);
        await served.SendAsync(Raw.Order(9, "order"));
        await Patience.UntilAsync(() => Volatile.Read(ref at) == 1);
        before = Received();
        await slow.SendAsync(order[100..200]);
        int paying = Raw.Order(9, "pay").Length;
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(5, await OrderAsync(payer, "pay"));
        }

        // Of the order that is served nothing is counted before its answer.
        Assert.Equal(before + (20 * paying), Received());
        go.SetResult();
        await slow.SendAsync(order[200..]);
        Assert.Equal(5, (await slow.ReadAsync()).Kind);
    }

    [Fact]
    public async Task Clause7_5_AQuestionTakesItsTurnWhoeverAsks()
    {
        TaskCompletionSource go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int asked = 0;
        await using var node = new TestNode(new TestHandler
        {
            PayerOf = one => one.Id <= 3 ? s_payer : null,
            Request = async request =>
            {
                using (request)
                {
                    if (request.Kind != FrameKind.Ack)
                    {
                        Interlocked.Increment(ref asked);
                        await go.Task;
                    }

                    request.Reply("answer"u8);
                }
            },
        });
        List<RawPeer> payers = [];
        for (int i = 0; i < 3; i++)
        {
            payers.Add(await RawPeer.GreetedAsync(node.EndPoint));
        }

        await payers[0].SendAsync(Raw.Frame((int)FrameKind.StateRequest, 0, 1, new byte[100]));
        await Patience.UntilAsync(() => Volatile.Read(ref asked) == 1);
        await payers[1].SendAsync(Raw.Frame((int)FrameKind.StateRequest, 0, 1, new byte[100]));
        await payers[2].SendAsync(Raw.Frame((int)FrameKind.Ack, 0, 1, new byte[100]));
        Assert.NotEqual(255, (await payers[2].ReadAsync()).Kind);
        Assert.Equal(5, await OrderAsync(payers[2], "pay"));
        Assert.Equal(1, Volatile.Read(ref asked));
        go.SetResult();
        await payers[1].ReadAsync();
        Assert.Equal(2, asked);
        payers.ForEach(one => one.Dispose());
    }

    [Fact]
    public async Task Clause7_6_StrangersHaveABoundOfTheirOwn()
    {
        await using var node = new TestNode(Paying(), new WireLimits
        {
            ConnectionsMax = 100,
            StrangersMax = 4,
        });
        List<RawPeer> open = [];
        for (int i = 0; i < 3; i++)
        {
            open.Add(await RawPeer.GreetedAsync(node.EndPoint));
            Assert.Equal(5, await OrderAsync(open[^1], "pay"));
        }

        for (int i = 0; i < 20; i++)
        {
            open.Add(await RawPeer.GreetedAsync(node.EndPoint));
        }

        await Patience.UntilAsync(() => node.Server.Figures.Connections == 3 + 4);
        Assert.Equal(16, node.Server.Figures.ConnectionsEvictedTotal);
        Assert.Equal(5, await OrderAsync(open[0], "pay"));
        open.ForEach(one => one.Dispose());
    }

    /// <summary>The oldest stranger is alone at its address; the crowd comes from another one.
    /// </summary>
    [Fact]
    public async Task Clause7_6_ACrowdMakesRoomForItself()
    {
        await using var node = new TestNode(
            Paying(), new WireLimits { StrangersMax = 8 }, proxy: IPAddress.Loopback);
        using RawPeer alone = await OfAsync(node, 1);
        List<RawPeer> crowd = [];
        for (int i = 0; i < 40; i++)
        {
            crowd.Add(await OfAsync(node, 2));
        }

        await Patience.UntilAsync(() => node.Server.Figures.ConnectionsEvictedTotal >= 32);
        Assert.Equal(5, await OrderAsync(alone, "pay"));
        crowd.ForEach(one => one.Dispose());
    }

    private static bool IsPaying(IOrderStream order) =>
        TestHandler.Text(order.Order).StartsWith("pay", StringComparison.Ordinal)
        && order.Connection.Prove(s_payer);

    private static TestHandler Paying() => new()
    {
        PayerOf = _ => null,
        Order = order =>
        {
            _ = IsPaying(order);
            TestHandler.Answer(order);
            return ValueTask.CompletedTask;
        },
    };

    /// <summary>Through a tunnel, from 10.0.0.<paramref name="client"/>.</summary>
    private static async Task<RawPeer> OfAsync(TestNode node, byte client)
    {
        RawPeer peer = await RawPeer.OpenAsync(node.EndPoint);
        await peer.SendAsync(
            Encoding.ASCII.GetBytes($"PROXY TCP4 10.0.0.{client} 127.0.0.1 1234 9401\r\n"),
            Raw.Hello());
        Assert.Equal(2, (await peer.ReadAsync()).Kind);
        return peer;
    }

    /// <summary>The kind of the first frame of the answer; its receipt is read and left.</summary>
    private static async Task<int> OrderAsync(RawPeer peer, string text)
    {
        await peer.SendAsync(Raw.Order(9, text));
        Seen seen = await peer.ReadAsync();
        await peer.ReadAsync();
        return seen.Kind;
    }
}
