using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Sockets;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Node.Tests;

/// <summary>
/// Floods over real sockets beside an honest client, which loses no order; afterwards bytes, places
/// and descriptors are back. Counts, not times.
/// </summary>
[Collection("floods")]
[Trait("Category", "load")]
public sealed class FloodTests : IAsyncLifetime
{
    /// <summary>Of each flood; the honest client orders once in each round.</summary>
    private static readonly int s_rounds = Runs.Count(40, 400);

    private readonly List<Socket> _flood = [];
    private FloodRig _rig = null!;
    private int _descriptors;

    public async Task InitializeAsync()
    {
        _rig = await FloodRig.StartAsync();
        _descriptors = FloodRig.Descriptors();
    }

    public async Task DisposeAsync()
    {
        _flood.ForEach(one => one.Dispose());
        await _rig.DisposeAsync();
    }

    /// <summary>Traces of one order and of none, by a payer and by a stranger.</summary>
    [Fact]
    public async Task F3_Traces()
    {
        Order order = await _rig.OrderAsync();
        using PrivateKey stranger = PrivateKey.FromBytes(Keccak256.Hash("stranger"u8).Span);
        int runs = _rig.Rig.Model.Runs;
        await RoundsAsync(async i =>
        {
            // A bad signature costs its address a token, and the clock brings none back.
            (Socket socket, Bytes32 nonce) = await AddAsync(1 + (i % 200));
            Bytes32 hash = i % 2 == 0 ? order.HashStruct() : Keccak256.Hash([(byte)i]);
            PrivateKey? key = i % 4 < 2 ? null : stranger;
            byte[] asked = _rig.Rig.Sign(new TraceQuery(hash, nonce), key);
            await FloodRig.TrySendAsync(socket, [.. Enumerable.Range(1, 20).Select(
                n => FloodRig.Frame(FrameKind.TraceRequest, (uint)n, asked))]);
        });
        Assert.InRange(_rig.Rig.Model.Runs - runs, s_rounds, s_rounds + 1);
        await _rig.CheckAsync(_flood, _descriptors);
    }

    [Fact]
    public async Task F4_UnfinishedFrames()
    {
        byte[] begun = FloodRig.Frame(
            FrameKind.Order, 1, new byte[FloodRig.InputBytesMax])[..60_000];
        byte[] huge = FloodRig.Frame(FrameKind.Order, 1, new byte[1 << 20])[..60_000];
        await RoundsAsync(async i =>
        {
            for (int n = 0; n < 5; n++)
            {
                (Socket socket, _) = await AddAsync(1 + (i % 4));
                await FloodRig.TrySendAsync(socket, n == 0 ? huge : begun);
            }
        });
        Assert.InRange(
            _rig.Server.Figures.HeldBytesOfStrangers, 1, FloodRig.Limits.HeldBytesStrangersMax);
        Assert.True(_rig.Server.Figures.ConnectionsEvictedTotal > 0);
        await _rig.CheckAsync(_flood, _descriptors);
    }

    /// <summary>One paid order, sent again and again on many connections: no run more.</summary>
    [Fact]
    public async Task F7_Replays()
    {
        Order order = await _rig.OrderAsync();
        int runs = _rig.Rig.Model.Runs;
        await RoundsAsync(async _ =>
        {
            (Socket socket, Bytes32 _) = await AddAsync();
            await FloodRig.TrySendAsync(socket, [.. Enumerable.Range(1, 20).Select(
                n => _rig.Frame(order, (uint)n))]);
        });
        Assert.Equal(s_rounds, _rig.Rig.Model.Runs - runs);
        await _rig.CheckAsync(_flood, _descriptors);
    }

    /// <summary>The honest client's own address burns its tokens: who has paid is not shut out.
    /// </summary>
    [Fact]
    public async Task F10_BadSignaturesFromTheSameAddress()
    {
        using PrivateKey stranger = PrivateKey.FromBytes(Keccak256.Hash("stranger"u8).Span);
        await RoundsAsync(async i =>
        {
            Socket socket = await OpenAsync();
            await FloodRig.TrySendAsync(socket, Hello(), _rig.Frame(
                _rig.Rig.NewOrder(1000), 1, stranger));
            byte[] rest = new byte[4096];
            while (await TryReadAsync(socket, rest) > 0)
            {
            }
        });
        Assert.True(_rig.Server.Figures.ConnectionsRefusedTotal > 0);
        await _rig.CheckAsync(_flood, _descriptors);
    }

    [Fact]
    public async Task F11_IdleConnections()
    {
        await RoundsAsync(async i =>
        {
            for (int n = 0; n < 10; n++)
            {
                await AddAsync(1 + (n % 8), keep: int.MaxValue);
            }
        });
        Assert.True(_rig.Server.Figures.ConnectionsEvictedTotal >= s_rounds * 10 - 200);
        await _rig.CheckAsync(_flood, _descriptors);
    }

    /// <summary>A redeemed ack is on the chain for everybody to read: what follows on it is still
    /// held as a stranger's.</summary>
    [Fact]
    public async Task Own_AnAckSentAgainMakesNoPayer()
    {
        Order order = await _rig.OrderAsync();
        ulong units = 2 * FakeModel.Steps * FakeModel.UnitsPerStep;
        byte[] ack = FloodRig.Frame(
            FrameKind.Ack, 1, _rig.Rig.Sign(new Ack(order.Channel, units, order.Seq + 1)));
        byte[] begun = FloodRig.Frame(
            FrameKind.Order, 2, new byte[FloodRig.InputBytesMax])[..60_000];
        foreach (bool isFirst in new[] { true, false })
        {
            (Socket socket, _) = await AddAsync();
            await FloodRig.TrySendAsync(socket, ack);
            Assert.True(await TryReadAsync(socket, new byte[1024]) > 0);
            await FloodRig.TrySendAsync(socket, begun);
            await Patience.UntilAsync(() => _rig.Server.Figures.HeldBytes > 0);
            Assert.Equal(
                isFirst ? 0 : _rig.Server.Figures.HeldBytes,
                _rig.Server.Figures.HeldBytesOfStrangers);
            socket.Dispose();
            await Patience.UntilAsync(() => _rig.Server.Figures.HeldBytes == 0);
        }

        await _rig.CheckAsync(_flood, _descriptors);
    }

    /// <summary>Pongs that nobody reads are cut off before they are many.</summary>
    [Fact]
    public async Task Own_PingsOfWhoDoesNotRead()
    {
        byte[] pings = [.. Enumerable.Repeat(
            FloodRig.Frame(FrameKind.Ping, 0, new byte[8]), 1000).SelectMany(one => one)];
        int rounds = s_rounds / 10;
        for (int i = 0; i < rounds; i++)
        {
            (Socket socket, _) = await AddAsync(1 + i, receiveBytes: 4096);
            long cut = _rig.Server.Figures.ConnectionsAbortedTotal;
            for (int n = 0; n < 1000 && _rig.Server.Figures.ConnectionsAbortedTotal == cut; n++)
            {
                await FloodRig.TrySendAsync(socket, pings);
            }

            await Patience.UntilAsync(
                () => _rig.Server.Figures.ConnectionsAbortedTotal > cut);
            await _rig.OrderAsync();
        }

        await _rig.CheckAsync(_flood, _descriptors);
    }

    [Theory]
    [InlineData("half a header")]
    [InlineData("come and go")]
    [InlineData("pings")]
    [InlineData("cancels for nothing")]
    [InlineData("orders of no channel")]
    public async Task Own_Floods(string kind)
    {
        await RoundsAsync(async i =>
        {
            Socket socket = kind is "half a header" or "come and go"
                ? await OpenAsync()
                : (await AddAsync()).Socket;
            byte[][] sent = kind switch
            {
                "half a header" => [Hello()[..6]],
                "pings" => Many(FrameKind.Ping, 0, new byte[8]),
                "cancels for nothing" => Many(FrameKind.Cancel, 7, new byte[96]),
                "orders of no channel" => [.. Enumerable.Range(1, 50).Select(n => _rig.Frame(
                    _rig.Rig.NewOrder() with { Channel = Keccak256.Hash([(byte)n]) }, (uint)n))],
                _ => [],
            };
            await FloodRig.TrySendAsync(socket, sent);
            if (kind == "come and go")
            {
                socket.Dispose();
            }
        });
        await _rig.CheckAsync(_flood, _descriptors);

        static byte[][] Many(FrameKind kind, uint correlation, byte[] payload) =>
            [.. Enumerable.Repeat(FloodRig.Frame(kind, correlation, payload), 50)];
    }

    private static byte[] Hello()
    {
        byte[] hello = new byte[WireProtocol.HelloBytes];
        BitConverter.TryWriteBytes(hello, WireProtocol.Magic);
        hello[4] = hello[6] = 2;
        return FloodRig.Frame(FrameKind.Hello, 0, hello);
    }

    private static async Task<int> TryReadAsync(Socket socket, byte[] buffer)
    {
        try
        {
            return await socket.ReceiveAsync(buffer.AsMemory()).AsTask()
                .WaitAsync(Patience.Default);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    /// <summary>A piece of the flood, then an order of the honest client, in turns.</summary>
    private async Task RoundsAsync(Func<int, Task> flood)
    {
        for (int i = 0; i < s_rounds; i++)
        {
            await flood(i);
            await _rig.OrderAsync();
        }
    }

    /// <param name="address">From which.</param>
    /// <param name="keep">How many connections stay open: the node never lets go of payers.</param>
    /// <param name="receiveBytes">Of the kernel's, for who does not read.</param>
    private async Task<(Socket Socket, Bytes32 Nonce)> AddAsync(
        int address = 1, int keep = 150, int receiveBytes = 0)
    {
        if (_flood.Count >= keep)
        {
            _flood[^keep].Dispose();
        }

        (Socket socket, Bytes32 nonce) = await _rig.GreetAsync(address, receiveBytes);
        _flood.Add(socket);
        return (socket, nonce);
    }

    private async Task<Socket> OpenAsync()
    {
        Socket socket = await _rig.OpenAsync();
        _flood.Add(socket);
        return socket;
    }
}

[CollectionDefinition("floods", DisableParallelization = true)]
public sealed class FloodsCollection;
