using System;
using System.IO;
using System.Linq;
using System.Net;
using System.Threading.Tasks;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
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
    /// <summary>Within the window of 1,024, and beyond what the honest client orders.</summary>
    private const ulong UnusedSeq = 1_000;

    private readonly Workers _workers;
    private readonly WireClient _honest;
    private readonly Tunnel? _tunnel;
    private readonly PrivateKey _otherKey =
        PrivateKey.FromBytes(Keccak256.Hash("other"u8).Span);

    private ulong _seq;

    private FloodRig(ServingRig rig, WireServer server, Workers workers, WireClient honest,
        Tunnel? tunnel) =>
        (Rig, Server, _workers, _honest, _tunnel) = (rig, server, workers, honest, tunnel);

    public ServingRig Rig { get; }

    public WireServer Server { get; }

    /// <summary>Of the model, 100 KiB: some unfinished frames of it fill the strangers' share.
    /// </summary>
    private const int InputBytesMax = 100 << 10;

    /// <summary>Small bounds, so that small floods reach them.</summary>
    public static WireLimits Limits { get; } = new()
    {
        ConnectionsMax = 200,
        ConnectionsPerAddressMax = 200,
        HeldBytesMax = 8 << 20,
        HeldBytesStrangersMax = 2 << 20,
        HeldBytesPerAddressMax = 4 << 20,
        KernelSendBytes = 4096,
    };

    /// <summary>Of the honest client, where it is behind the tunnel.</summary>
    private static readonly IPAddress s_tunnelled = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress s_newcomer = IPAddress.Parse("192.0.2.2");

    /// <param name="isTunnelled">Whether the honest client comes through a tunnel.</param>
    public static async Task<FloodRig> StartAsync(bool isTunnelled = false)
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
            ProxyFrom = [Tunnel.Address],
            Limits = Limits,
            Time = rig.Clock,
        }, rig.Pipeline);
        Tunnel? tunnel = isTunnelled ? Tunnel.Start(server.LocalEndPoint, s_tunnelled) : null;
        FloodRig made = new(rig, server, workers,
            await ConnectAsync(rig, tunnel?.EndPoint ?? server.LocalEndPoint), tunnel);
        await made.OrderAsync();
        return made;
    }

    /// <summary>Of another payer.</summary>
    public ChannelTerms Other => Rig.Terms with { SpendKey = _otherKey.Address };

    /// <summary>The honest client's next order, which must have its receipt.</summary>
    public async Task<Order> OrderAsync()
    {
        Order order = Rig.NewOrder(_seq++);
        await CheckReceiptAsync(_honest, order, Rig.SpendKey);
        return order;
    }

    /// <summary>Another payer has so many orders served, through the honest connection.</summary>
    /// <returns>Its next one, which nobody has seen yet.</returns>
    public async Task<Order> ServeOtherAsync(ulong count)
    {
        await Rig.Ledger.PutChannel(new ChannelRow
        {
            Terms = Other,
            Status = ChannelStatus.Open,
            Locked = 1_000_000,
        });
        Order order = Rig.NewOrder() with { Channel = Other.HashStruct() };
        for (; order.Seq < count; order = order with { Seq = order.Seq + 1 })
        {
            await CheckOtherAsync(order);
        }

        return order;
    }

    /// <summary>An order of the other payer must have its receipt, for whoever asks.</summary>
    public Task CheckOtherAsync(in Order order) => CheckReceiptAsync(_honest, order, _otherKey);

    /// <summary>The same of a newcomer through the tunnel, from an address of its own.</summary>
    public async Task CheckNewcomerAsync(Order order)
    {
        using Tunnel tunnel = Tunnel.Start(Server.LocalEndPoint, s_newcomer);
        await using WireClient newcomer = await ConnectAsync(Rig, tunnel.EndPoint);
        await CheckReceiptAsync(newcomer, order, Rig.SpendKey);
    }

    private static ValueTask<WireClient> ConnectAsync(ServingRig rig, IPEndPoint node) =>
        WireClient.ConnectAsync(new WireClientOptions
        {
            Endpoint = node,
            ExpectedNode = rig.NodeKey.Address,
            ExpectedContext = rig.Serving.Separator,
            Nonce = Keccak256.Hash("honest"u8),
            Time = rig.Clock,
        });

    private async Task CheckReceiptAsync(WireClient client, Order order, PrivateKey key)
    {
        OrderEvent last = await LastOfAsync(client, order, key);
        Assert.True(last.Kind == FrameKind.Receipt, $"{last.Reason} {last.Text}");
    }

    private async Task<OrderEvent> LastOfAsync(WireClient client, Order order, PrivateKey key)
    {
        byte[] signed = Rig.Sign(order, key);
        ClientOrder sent = await client.SendOrderAsync(
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

    /// <summary>Of this node and its honest client.</summary>
    /// <param name="served">An order of it, or of the other payer.</param>
    /// <param name="keep">Connections that stay open.</param>
    public Flooder NewFlooder(in Order served, int keep) => new(
        new FloodTarget
        {
            Endpoint = Server.LocalEndPoint,
            Honest = _tunnel is null ? IPAddress.Loopback : s_tunnelled,
            Separator = Rig.Serving.Separator,
            SpendKey = served.Channel == Other.HashStruct() ? _otherKey : Rig.SpendKey,
            Served = served,
            Input = ServingRig.Input,
            InputBytesMax = Rig.Model.InputBytesMax,
            UnusedSeq = () => UnusedSeq,
        },
        keep);

    /// <summary>Once the flooders are gone: the honest client is served as before, and what they
    /// held is back.</summary>
    public async Task CheckAsync(int descriptors)
    {
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
        _tunnel?.Dispose();
        await Server.DisposeAsync();
        _workers.Dispose();
        _otherKey.Dispose();
        Rig.Dispose();
    }
}
