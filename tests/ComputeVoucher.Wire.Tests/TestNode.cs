using System;
using System.Diagnostics;
using System.Net;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Wire.Tests;

/// <summary>A server on a free loopback port with a fixed key.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private static readonly PrivateKey s_key = PrivateKey.Parse(new string('1', 64));

    public TestNode(
        TestHandler? handler = null, WireLimits? limits = null, TimeProvider? time = null)
    {
        Handler = handler ?? new TestHandler();
        Server = WireServer.Start(
            new WireServerOptions
            {
                Endpoint = new IPEndPoint(IPAddress.Loopback, 0),
                Node = s_key.Address,
                Context = Context,
                Signer = (in Bytes32 digest, Span<byte> signature) =>
                    s_key.Sign(digest).CopyTo(signature),
                Limits = limits ?? new WireLimits(),
                Time = time ?? TimeProvider.System,
            },
            Handler);
    }

    public static Bytes32 Context { get; } = Keccak256.Hash("context"u8);

    public static Address Address => s_key.Address;

    public WireServer Server { get; }

    public TestHandler Handler { get; }

    public IPEndPoint EndPoint => Server.LocalEndPoint;

    public static Signature Sign(Bytes32 digest) => s_key.Sign(digest);

    public WireClientOptions ClientOptions() => OptionsFor(EndPoint);

    public static WireClientOptions OptionsFor(EndPoint endpoint) => new()
    {
        Endpoint = endpoint,
        ExpectedNode = Address,
        ExpectedContext = Context,
        Nonce = Keccak256.Hash("nonce"u8),
        Time = TimeProvider.System,
    };

    public ValueTask<WireClient> ConnectAsync() => WireClient.ConnectAsync(ClientOptions());

    /// <summary>Waits until it holds, 10 seconds of real time at most.</summary>
    public static async Task UntilAsync(Func<bool> holds, Func<string>? tell = null)
    {
        var watch = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(
                watch.Elapsed < TimeSpan.FromSeconds(
                    10), "still not so after 10 s: " + tell?.Invoke());
            await Task.Delay(2);
        }
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
