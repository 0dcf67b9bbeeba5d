using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace ComputeVoucher.Node.Tests;

/// <summary>A node behind real sockets, an honest client of one order at a time, and whatever a
/// flooder sends. Its clock stands still: what holds is held by counts.</summary>
internal sealed class FloodRig : IAsyncDisposable
{
    private readonly Workers _workers;
    private readonly WireClient _honest;
    private uint _drawn;
    private ulong _seq;

    private FloodRig(ServingRig rig, WireServer server, Workers workers, WireClient honest) =>
        (Rig, Server, _workers, _honest) = (rig, server, workers, honest);

    public ServingRig Rig { get; }

    public WireServer Server { get; }

    /// <summary>Of the model, 100 KiB: some unfinished frames of it fill the strangers' share.
    /// </summary>
    public const int InputBytesMax = 100 << 10;

    /// <summary>Small bounds, so that small floods reach them.</summary>
    public static WireLimits Limits { get; } = new()
    {
        ConnectionsMax = 200,
        ConnectionsPerAddressMax = 200,
        HeldBytesMax = 8 << 20,
        HeldBytesStrangersMax = 2 << 20,
        HeldBytesPerAddressMax = 4 << 20,
    };

    public static async Task<FloodRig> StartAsync()
    {
        ServingRig rig = new(InputBytesMax);
        Workers workers = new("flood", 1, rig.Queue, Backend.Scalar, 1, Scheduling.Threads,
            NullLogger.Instance);
        uint drawn = 0;
        WireServer server = WireServer.Start(new WireServerOptions
        {
            Endpoint = new IPEndPoint(IPAddress.Loopback, 0),
            Node = rig.NodeKey.Address,
            Context = rig.Serving.Separator,
            Signer = (in digest, signature) => rig.NodeKey.Sign(digest).CopyTo(signature),
            FillRandom = bytes => Keccak256.Hash(BitConverter.GetBytes(
                System.Threading.Interlocked.Increment(ref drawn))).CopyTo(bytes),
            OrderBytesMax = Pinned.OrderBytesMax([rig.Model]),
            Limits = Limits,
            Time = rig.Clock,
        }, rig.Pipeline);
        FloodRig made = new(rig, server, workers, await WireClient.ConnectAsync(
            new WireClientOptions
            {
                Endpoint = server.LocalEndPoint,
                ExpectedNode = rig.NodeKey.Address,
                ExpectedContext = rig.Serving.Separator,
                Nonce = Keccak256.Hash("honest"u8),
                Time = rig.Clock,
            }));
        await made.OrderAsync();
        return made;
    }

    /// <summary>The honest client's next order, which must have its receipt.</summary>
    public async Task<Order> OrderAsync()
    {
        Order order = Rig.NewOrder(_seq++);
        OrderEvent last = await LastOfAsync(order);
        Assert.True(last.Kind == FrameKind.Receipt, $"{last.Reason} {last.Text}");
        return order;
    }

    /// <summary>How an order on the honest connection ends.</summary>
    public async Task<OrderEvent> LastOfAsync(Order order)
    {
        byte[] signed = Rig.Sign(order);
        ClientOrder sent = await _honest.SendOrderAsync(
            signed.AsMemory(0, Order.PayloadBytes), signed.AsMemory(Order.PayloadBytes),
            ServingRig.Input);
        while (await sent.ReadAsync().AsTask().WaitAsync(Patience.Default) is { } seen)
        {
            if (seen.IsFinal)
            {
                return seen;
            }
        }

        throw new IOException("no end");
    }

    /// <summary>A socket that has said Hello and read the Welcome.</summary>
    public async Task<(Socket Socket, Bytes32 Nonce)> GreetAsync(
        int address = 1, int receiveBytes = 0)
    {
        Socket socket = await OpenAsync(address, receiveBytes);
        byte[] hello = new byte[WireProtocol.HelloBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(hello, WireProtocol.Magic);
        hello[4] = hello[6] = 2;
        BinaryPrimitives.WriteUInt32LittleEndian(hello.AsSpan(8), ++_drawn);
        await socket.SendAsync(Frame(FrameKind.Hello, 0, hello));
        byte[] welcome = new byte[WireProtocol.HeaderBytes + WireProtocol.WelcomeBytes];
        for (int at = 0; at < welcome.Length;)
        {
            int count = await socket.ReceiveAsync(welcome.AsMemory(at))
                .AsTask().WaitAsync(Patience.Default);
            at += count > 0 ? count : throw new IOException("no welcome");
        }

        byte[] both = [.. welcome.AsSpan(WireProtocol.HeaderBytes + 68, 32), .. hello.AsSpan(8)];
        return (socket, Keccak256.Hash(both));
    }

    /// <summary>From an address of the loopback network, and nothing said.</summary>
    public async Task<Socket> OpenAsync(int address = 1, int receiveBytes = 0)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (receiveBytes > 0)
        {
            socket.ReceiveBufferSize = receiveBytes;
        }

        socket.Bind(new IPEndPoint(IPAddress.Parse($"127.0.1.{address}"), 0));
        await socket.ConnectAsync(Server.LocalEndPoint);
        return socket;
    }

    /// <summary>Sends what the other end may have ended already.</summary>
    public static async Task TrySendAsync(Socket socket, params byte[][] frames)
    {
        try
        {
            foreach (byte[] frame in frames)
            {
                await socket.SendAsync(frame);
            }
        }
        catch (SocketException)
        {
            // It was cut off: that is the node's right.
        }
    }

    public static byte[] Frame(FrameKind kind, uint correlation, byte[] payload)
    {
        byte[] frame = new byte[WireProtocol.HeaderBytes + payload.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)payload.Length);
        frame[4] = (byte)kind;
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(8), correlation);
        payload.CopyTo(frame.AsSpan(WireProtocol.HeaderBytes));
        return frame;
    }

    /// <summary>As it travels.</summary>
    public byte[] Frame(Order order, uint correlation, PrivateKey? key = null)
    {
        byte[] signed = Rig.Sign(order, key);
        byte[] prefix = new byte[WireProtocol.OrderPrefixBytes];
        BinaryPrimitives.WriteUInt16LittleEndian(prefix, (ushort)Order.PayloadBytes);
        return Frame(FrameKind.Order, correlation, [.. prefix, .. signed, .. ServingRig.Input]);
    }

    /// <summary>The flooders are gone; the honest client is served as before, and what they held
    /// is back.</summary>
    public async Task CheckAsync(IEnumerable<Socket> flooders, int descriptors)
    {
        foreach (Socket one in flooders)
        {
            one.Dispose();
        }

        await OrderAsync();
        await Patience.UntilAsync(
            () => Server.Figures is { Connections: 1, HeldBytes: 0, OrdersInFlight: 0 },
            () => Server.Figures.ToString());
        await Rig.CheckPlacesAsync();
        await Patience.UntilAsync(() => Descriptors() <= descriptors,
            () => $"{Descriptors()} descriptors, {descriptors} before");
    }

    /// <summary>Sockets of this process, with those of tests that run beside.</summary>
    public static int Descriptors() => Directory.EnumerateFiles("/proc/self/fd")
        .Count(path => (new FileInfo(path).LinkTarget ?? "").StartsWith("socket:",
            StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        await _honest.DisposeAsync();
        await Server.DisposeAsync();
        _workers.Dispose();
        Rig.Dispose();
    }
}
