using System;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Wire.Tests;

/// <summary>
/// A server on a free loopback port with a fixed key. Its clock stands still unless the test moves
/// it: no deadline passes because the machine is busy.
/// </summary>
internal sealed class TestNode : IAsyncDisposable
{
    private static readonly PrivateKey s_key = PrivateKey.Parse(new string('1', 64));

    private int _drawn;

    public TestNode(
        TestHandler? handler = null, WireLimits? limits = null, ManualClock? time = null,
        int orderBytesMax = WireProtocol.FrameBytesMax, IPAddress? proxy = null)
    {
        Time = time ?? new ManualClock();
        Handler = handler ?? new TestHandler();
        Server = WireServer.Start(
            new WireServerOptions
            {
                Endpoint = new IPEndPoint(IPAddress.Loopback, 0),
                Node = s_key.Address,
                Context = Context,
                Signer = (in Bytes32 digest, Span<byte> signature) =>
                    s_key.Sign(digest).CopyTo(signature),
                FillRandom = bytes =>
                    Drawn(Interlocked.Increment(ref _drawn) - 1).CopyTo(bytes),
                Limits = limits ?? new WireLimits(),
                OrderBytesMax = orderBytesMax,
                ProxyFrom = proxy is null ? [] : [proxy],
                Time = Time,
            },
            Handler);
    }

    public static Bytes32 Context { get; } = Keccak256.Hash("context"u8);

    public static Address Address => s_key.Address;

    public WireServer Server { get; }

    public TestHandler Handler { get; }

    public ManualClock Time { get; }

    public IPEndPoint EndPoint => Server.LocalEndPoint;

    public static Signature Sign(Bytes32 digest) => s_key.Sign(digest);

    /// <summary>The node's random bytes for its connection of that number, from 0.</summary>
    public static byte[] Drawn(int connection) =>
        Keccak256.Hash(BitConverter.GetBytes(connection)).ToArray();

    public WireClientOptions ClientOptions() => OptionsFor(EndPoint);

    public static WireClientOptions OptionsFor(EndPoint endpoint) => new()
    {
        Endpoint = endpoint,
        ExpectedNode = Address,
        ExpectedContext = Context,
        Nonce = Keccak256.Hash("nonce"u8),
        Time = new ManualClock(),
    };

    public ValueTask<WireClient> ConnectAsync() => WireClient.ConnectAsync(ClientOptions());

    /// <summary>Moves the clock on, a sweep at a time, until it holds.</summary>
    public Task SweepUntilAsync(Func<bool> holds) => Patience.UntilAsync(() =>
    {
        Time.Advance(TimeSpan.FromMilliseconds(100));
        return holds();
    });

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
