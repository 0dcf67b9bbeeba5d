using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Wire.Tests;

/// <summary>Clause 7.8 about answers that nobody reads. Orders that begin with "more" are answered
/// by more than the kernel takes, and by no receipt.</summary>
[Trait("Category", "load")]
public sealed class UnreadClauseTests
{
    private const long PayersMax = 4 << 20;
    private const long StrangersMax = 2 << 20;

    /// <summary>Small pools, and a kernel that takes next to nothing.</summary>
    private static readonly WireLimits s_limits = new()
    {
        ConnectionsPerAddressMax = 1000,
        HeldBytesMax = PayersMax + StrangersMax,
        HeldBytesStrangersMax = StrangersMax,
        HeldBytesPerAddressMax = PayersMax,
        KernelSendBytes = 4096,
    };

    /// <summary>Many payers, or one with many connections, let 200 KB wait on each of 40: twice
    /// what all payers may.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Clause7_8_PayersThatDoNotReadMakeRoom(bool isOne)
    {
        int filled = 0;
        TestHandler handler = Handler(order =>
        {
            Fill(order, pieces: 40);
            filled++;
        }, id => isOne && id > 1 ? 0 : id);
        await using var node = new TestNode(handler, s_limits);
        using RawPeer reader = await RawPeer.GreetedAsync(node.EndPoint);
        List<RawPeer> flood = [];
        long most = 0;
        for (int i = 1; i <= 40; i++)
        {
            flood.Add(await RawPeer.GreetedAsync(node.EndPoint, receiveBuffer: 4096));
            await flood[^1].SendAsync(Raw.Order(1, "more"));
            await Patience.UntilAsync(() => Volatile.Read(ref filled) == i);
            await CheckBoundAsync(node, figures => figures.HeldBytes <= PayersMax);
            most = Math.Max(most, node.Server.Figures.UnsentBytes);
            await CheckReadsAsync(reader);
        }

        // They do fill the pool, and go where it is full.
        Assert.True(most > PayersMax / 2, $"{most} bytes waited");
        await Patience.UntilAsync(() => !handler.Closings.IsEmpty);
        await CheckReadsAsync(reader);
        await CheckEmptyAsync(node, handler, flood);
    }

    /// <summary>Payers that let 50 KB wait come when others, that let 200 KB wait, have filled the
    /// pool: those go, and the modest ones get all of it once they read.</summary>
    [Fact]
    public async Task Clause7_8_ThePayerThatReadsLeastGoesFirst()
    {
        int filled = 0;
        TestHandler handler = Handler(order =>
        {
            Fill(order, order.Connection.Id <= 15 ? 40u : 10u);
            filled++;
        }, id => id);
        await using var node = new TestNode(handler, s_limits);
        List<RawPeer> peers = [];
        for (int i = 1; i <= 30; i++)
        {
            peers.Add(await RawPeer.GreetedAsync(node.EndPoint, receiveBuffer: 4096));
            await peers[^1].SendAsync(Raw.Order(1, "more"));
            await Patience.UntilAsync(() => Volatile.Read(ref filled) == i);
        }

        Assert.InRange(node.Server.Figures.ConnectionsEvictedTotal, 1, 15);
        await Patience.UntilAsync(() =>
            handler.Closings.Count == node.Server.Figures.ConnectionsEvictedTotal);
        Assert.All(handler.Closings, closing => Assert.InRange(closing.Id, 1L, 15L));
        foreach (RawPeer modest in peers[15..])
        {
            for (int step = 1; step <= 10; step++)
            {
                Assert.Equal(5, (await modest.ReadAsync()).Kind);
            }
        }

        await CheckEmptyAsync(node, handler, peers);
    }

    /// <summary>Pieces of 5,000 bytes, whether anybody reads them or not.</summary>
    private static void Fill(IOrderStream order, uint pieces)
    {
        for (uint step = 1; step <= pieces; step++)
        {
            order.SendOutput(step, new byte[5_000], last: false);
        }
    }

    /// <summary>What waits for room in the queue is held as well: orders whose answers are long,
    /// all of one connection.</summary>
    [Fact]
    public async Task Clause7_8_AnswersThatWaitForRoomAreHeld()
    {
        int begun = 0;
        List<Task<bool>> sending = [];
        TestHandler handler = Handler(order =>
        {
            sending.Add(order.SendOutputAsync(1, new byte[400_000], last: true).AsTask());
            begun++;
        }, id => id);
        await using var node = new TestNode(handler, s_limits);
        using RawPeer reader = await RawPeer.GreetedAsync(node.EndPoint);
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint, receiveBuffer: 4096);
        for (uint i = 1; i <= 8; i++)
        {
            await peer.SendAsync(Raw.Order(i, "more"));
            await Patience.UntilAsync(() => Volatile.Read(ref begun) == i);
        }

        Assert.InRange(node.Server.Figures.UnsentBytes, 8 * 400_000, PayersMax);
        Assert.Empty(handler.Closings);
        for (uint i = 9; i <= 12; i++)
        {
            await peer.SendAsync(Raw.Order(i, "more"));
        }

        // An answer that finds no room ends the connection, and with it all that waits there.
        await Patience.UntilAsync(() => !handler.Closings.IsEmpty);
        Assert.Equal((ushort)WireReason.OutboundFull, handler.Closings.Single().Reason);
        Assert.DoesNotContain(true, await Task.WhenAll(sending).WaitAsync(Patience.Default));
        await CheckReadsAsync(reader);
        await CheckEmptyAsync(node, handler, []);
    }

    /// <summary>One answer of any length may wait for a stranger; of 60 whose answers wait, those
    /// go and not who reads, nor who is at an order.</summary>
    [Fact]
    public async Task Clause7_8_StrangersThatDoNotReadMakeRoom()
    {
        int filled = 0;
        TestHandler handler = Handler(order =>
        {
            order.SendOutput(1, new byte[60_000], last: false);
            filled++;
        }, id => id == 1 ? 1 : null);
        await using var node = new TestNode(handler, s_limits);
        using RawPeer payer = await RawPeer.GreetedAsync(node.EndPoint);
        using RawPeer reader = await RawPeer.GreetedAsync(node.EndPoint);
        using RawPeer slow = await RawPeer.GreetedAsync(node.EndPoint);
        byte[] order = Raw.Order(1, "slow", new byte[50_000]);
        await slow.SendAsync(order[..20_000]);
        await Patience.UntilAsync(() => node.Server.Figures.HeldBytesOfStrangers > 0);
        List<RawPeer> flood = [];
        for (int i = 1; i <= 60; i++)
        {
            flood.Add(await RawPeer.GreetedAsync(node.EndPoint, receiveBuffer: 4096));
            await flood[^1].SendAsync(Raw.Order(1, "more"));
            await Patience.UntilAsync(() => Volatile.Read(ref filled) == i);
            await CheckBoundAsync(
                node, figures => figures.HeldBytesOfStrangers is > 0 and <= StrangersMax);
            await CheckReadsAsync(reader, 2_000);
        }

        Assert.True(node.Server.Figures.ConnectionsEvictedTotal > 0);
        await slow.SendAsync(order[20_000..]);
        Assert.Equal(6, (await slow.ReadAsync()).Kind);
        await CheckReadsAsync(payer);
        await CheckEmptyAsync(node, handler, flood);
    }

    /// <param name="fill">Answers an order that begins with "more".</param>
    /// <param name="payer">Number of the payer of a connection; null is a stranger.</param>
    private static TestHandler Handler(Action<IOrderStream> fill, Func<long, long?> payer)
    {
        TestHandler handler = null!;
        return handler = new TestHandler
        {
            PayerOf = one => payer(one.Id) is { } number
                ? new Address(Keccak256.Hash(BitConverter.GetBytes(number)).Span[..Address.Size])
                : null,
            Order = order =>
            {
                if (TestHandler.Text(order.Order).StartsWith("more", StringComparison.Ordinal))
                {
                    handler.Held.Enqueue(order);
                    fill(order);
                }
                else if (TestHandler.Text(order.Order) == "slow")
                {
                    using (order)
                    {
                        order.SendReceipt([1]);
                    }
                }
                else
                {
                    TestHandler.Answer(order);
                }

                return default;
            },
        };
    }

    /// <summary>At once, but for the kernel: it has the bytes that it was given for as long as it
    /// takes to cut a connection.</summary>
    private static Task CheckBoundAsync(TestNode node, Func<WireServerFigures, bool> holds) =>
        Patience.UntilAsync(
            () => holds(node.Server.Figures), () => node.Server.Figures.ToString());

    private static async Task CheckReadsAsync(RawPeer reader, int wanted = 30_000)
    {
        await reader.SendAsync(Raw.Order(7, "read", new byte[wanted]));
        int bytes = 0;
        Seen seen = await reader.ReadAsync();
        for (; seen.Kind == 5; seen = await reader.ReadAsync())
        {
            bytes += seen.Payload.Length - 4;
        }

        Assert.Equal(6, seen.Kind);
        Assert.Equal(wanted, bytes);
    }

    /// <summary>Once they are gone every byte is back.</summary>
    private static async Task CheckEmptyAsync(
        TestNode node, TestHandler handler, List<RawPeer> flood)
    {
        flood.ForEach(one => one.Dispose());
        foreach (IOrderStream order in handler.Held)
        {
            order.Dispose();
        }

        await Patience.UntilAsync(
            () => node.Server.Figures is { HeldBytes: 0, UnsentBytes: 0 },
            () => node.Server.Figures.ToString());
    }
}
