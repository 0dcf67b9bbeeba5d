using System;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Wire.Tests;

/// <summary>Section 2 of the specification.</summary>
[Trait("Category", "load")]
public sealed class HelloClauseTests
{
    [Fact]
    public async Task Clause2_1_HelloOfTheDescribedBytesIsWelcomed()
    {
        await using var node = new TestNode();
        using RawPeer peer = await RawPeer.OpenAsync(node.EndPoint);
        await peer.SendAsync(Raw.Hello());
        Assert.Equal(2, (await peer.ReadAsync()).Kind);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: node\r\n\r\n")]
    [InlineData("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 TLS client hello")]
    public async Task Clause2_2_AnotherProtocolIsRefused(string text)
    {
        await using var node = new TestNode();
        using RawPeer peer = await RawPeer.OpenAsync(node.EndPoint);
        await peer.SendAsync(Encoding.Latin1.GetBytes(text));
        await peer.ReadRefusalAsync(WireReason.BadFirstFrame);
    }

    [Fact]
    public async Task Clause2_2_AnotherFrameFirstIsRefused()
    {
        byte[] wrongMagic = Raw.Hello();
        wrongMagic[12] ^= 1;
        byte[][] firsts =
        [
            Raw.Order(1, "early"), wrongMagic, Raw.Hello(0, 1), Raw.Hello(2, 1),
            Raw.Frame(1, 0, 0, new byte[39]), Raw.Frame(1, 1, 0, Raw.Hello()[12..]),
        ];
        await using var node = new TestNode();
        foreach (byte[] first in firsts)
        {
            using RawPeer peer = await RawPeer.OpenAsync(node.EndPoint);
            await peer.SendAsync(first);
            await peer.ReadRefusalAsync(WireReason.BadFirstFrame);
        }

        Assert.Empty(node.Handler.Log);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(11)]
    [InlineData(51)]
    public async Task Clause2_3_LateHelloIsRefused(int bytesSent)
    {
        var time = new ManualClock();
        await using var node = new TestNode(time: time);
        using RawPeer peer = await RawPeer.OpenAsync(node.EndPoint);
        await peer.SendAsync(Raw.Hello()[..bytesSent]);
        await Patience.UntilAsync(() => node.Server.Figures.Connections == 1);
        time.Advance(TimeSpan.FromMilliseconds(1_800));
        Assert.Equal(1, node.Server.Figures.Connections);
        Assert.Equal(0, node.Server.Figures.ConnectionsAbortedTotal);
        time.Advance(TimeSpan.FromMilliseconds(300));
        await peer.ReadRefusalAsync(WireReason.FirstFrameLate);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 9)]
    public async Task Clause2_4_NoCommonVersionIsRefusedWithTheVersions(int lowest, int highest)
    {
        await using var node = new TestNode();
        using RawPeer peer = await RawPeer.OpenAsync(node.EndPoint);
        await peer.SendAsync(Raw.Hello((ushort)lowest, (ushort)highest));
        Seen error = await peer.ReadRefusalAsync(WireReason.VersionNotSupported);
        Assert.Equal(
            $"this node speaks version 2, the client {lowest} to {highest}; "
            + "use a client of that version",
            error.Text);
    }

    [Fact]
    public async Task Clause2_4_HighestCommonVersionIsTaken()
    {
        await using var node = new TestNode();
        using RawPeer peer = await RawPeer.OpenAsync(node.EndPoint);
        await peer.SendAsync(Raw.Hello(1, 65535));
        Seen welcome = await peer.ReadAsync();
        Assert.Equal([2, 0], welcome.Payload[..2]);
    }

    [Fact]
    public async Task Clause2_5_WelcomeFieldsLieWhereTheClauseSays()
    {
        await using var node = new TestNode(limits: new WireLimits
        {
            OrdersInFlightMax = 3,
            RequestsInFlightMax = 5,
        });
        using RawPeer peer = await RawPeer.OpenAsync(node.EndPoint);
        await peer.SendAsync(Raw.Hello());
        byte[] welcome = (await peer.ReadAsync()).Payload;
        Assert.Equal(164, welcome.Length);
        Assert.Equal([2, 0, 0, 0, 0, 0, 16, 0, 3, 0, 0, 0, 5, 0, 0, 0], welcome[..16]);
        Assert.Equal(TestNode.Address.ToArray(), welcome[16..36]);
        Assert.Equal(TestNode.Context.ToArray(), welcome[36..68]);
        Assert.Equal(TestNode.Drawn(0), welcome[68..100]);
    }

    [Fact]
    public async Task Clause2_6_SignatureRecoversToTheNode()
    {
        await using var node = new TestNode();
        using RawPeer peer = await RawPeer.OpenAsync(node.EndPoint);
        byte[] hello = Raw.Hello();
        await peer.SendAsync(hello);
        byte[] welcome = (await peer.ReadAsync()).Payload;
        byte[] tag = Encoding.ASCII.GetBytes("ComputeVoucher wire welcome 2\n");
        Bytes32 digest = Keccak256.Hash(Raw.Glue(tag, hello[12..], welcome[..100]));
        Assert.True(
            Secp256k1.TryRecover(digest, new Signature(welcome.AsSpan(100)), out Address signer));
        Assert.Equal(TestNode.Address, signer);
    }

    [Fact]
    public async Task Clause2_6_ClientRefusesAnotherNodeAndAnotherContext()
    {
        await using var node = new TestNode();
        WireClientOptions right = node.ClientOptions();
        WireException other = await Assert.ThrowsAsync<WireException>(async () =>
            await WireClient.ConnectAsync(right with { ExpectedNode = Address.Zero }));
        Assert.Contains("the node is 0x", other.Message, StringComparison.Ordinal);
        other = await Assert.ThrowsAsync<WireException>(async () =>
            await WireClient.ConnectAsync(right with { ExpectedContext = default }));
        Assert.Contains("another chain or contract", other.Message, StringComparison.Ordinal);
        await using WireClient client = await WireClient.ConnectAsync(right);
        Assert.Equal(TestNode.Address, client.Welcome.Node);
    }

    [Fact]
    public async Task Clause2_6_ClientRefusesASignatureWithOneBitFlipped()
    {
        await AssertClientRefusesAsync((_, welcome) => welcome[^1] ^= 1);
    }

    [Fact]
    public async Task Clause2_7_ClientRefusesAReplayedWelcomeAndChangedVersions()
    {
        await AssertClientRefusesAsync((hello, _) => hello[8] ^= 1);
        await AssertClientRefusesAsync((hello, _) => hello[6] = 3);
        await AssertClientRefusesAsync((_, welcome) => welcome[8] ^= 1);
        await AssertClientRefusesAsync((_, welcome) => welcome[99] ^= 1);
    }

    [Fact]
    public async Task Clause2_9_BothSidesKnowTheNonceThatNoOtherConnectionHas()
    {
        var handler = new TestHandler();
        await using var node = new TestNode(handler);
        byte[] hello = Raw.Hello()[^32..];
        await using WireClient client = await WireClient.ConnectAsync(
            node.ClientOptions() with { Nonce = new Bytes32(hello) });
        await using WireClient again = await WireClient.ConnectAsync(
            node.ClientOptions() with { Nonce = new Bytes32(hello) });
        Bytes32 nonce = Keccak256.Hash(Raw.Glue(TestNode.Drawn(0), hello));
        Assert.Equal(nonce, client.Welcome.Nonce);
        Assert.Equal(Keccak256.Hash(Raw.Glue(TestNode.Drawn(1), hello)), again.Welcome.Nonce);
        Assert.Equal([nonce, again.Welcome.Nonce], handler.Nonces);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Clause2_8_HelloOrWelcomeLaterIsRefused(int kind)
    {
        await using var node = new TestNode();
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        await peer.SendAsync(kind == 1 ? Raw.Hello() : Raw.Frame(2, 0, 0, new byte[164]));
        await peer.ReadRefusalAsync(WireReason.UnknownKind);
    }

    /// <summary>
    /// A man in the middle with the node's right answer to a Hello that was changed on the way, or
    /// with a Welcome changed on the way back: the change is made, signed content is not resigned.
    /// </summary>
    private static async Task AssertClientRefusesAsync(Action<byte[], byte[]> change)
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        ValueTask<WireClient> connecting = WireClient.ConnectAsync(
            TestNode.OptionsFor(listener.LocalEndPoint!));
        using var middle = new RawPeer(await listener.AcceptAsync());
        Seen hello = await middle.ReadAsync();
        await using var node = new TestNode();
        using RawPeer toNode = await RawPeer.OpenAsync(node.EndPoint);
        byte[] seenByNode = [.. hello.Payload];
        byte[] none = new byte[164];
        change(seenByNode, none);
        await toNode.SendAsync(Raw.Frame(1, 0, 0, seenByNode));
        byte[] welcome = (await toNode.ReadAsync()).Payload;
        change(new byte[40], welcome);
        await middle.SendAsync(Raw.Frame(2, 0, 0, welcome));
        Assert.Equal(10, (await middle.ReadAsync()).Kind);
        middle.Dispose();
        WireException refusal =
            await Assert.ThrowsAsync<WireException>(async () => await connecting);
        Assert.Contains("cannot prove its key", refusal.Message, StringComparison.Ordinal);
    }
}
