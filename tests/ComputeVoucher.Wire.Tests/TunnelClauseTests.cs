using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Text;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Wire.Tests;

/// <summary>Clause 7.12: whom a tunnel speaks for, and what is no header.</summary>
[Trait("Category", "load")]
public sealed class TunnelClauseTests
{
    /// <summary>Of 10.0.0.7, port 1234, to this node.</summary>
    private static readonly byte[] s_ends = [10, 0, 0, 7, 127, 0, 0, 1, 4, 210, 1, 2];

    [Fact]
    public async Task Clause7_12_ATunnelSpeaksForItsClients()
    {
        TestHandler handler = new() { PayerOf = _ => null };
        await using var node = new TestNode(
            handler, new WireLimits { ConnectionsPerAddressMax = 2 }, proxy: IPAddress.Loopback);
        List<RawPeer> open = [];
        for (byte client = 1; client <= 5; client++)
        {
            RawPeer peer = await RawPeer.OpenAsync(node.EndPoint);
            byte[] ends = [10, 0, 0, client, 127, 0, 0, 1, 4, 210, 1, 2];
            await peer.SendAsync(Header(0x21, 0x11, ends));
            await peer.SendAsync(Raw.Hello());
            Assert.Equal(2, (await peer.ReadAsync()).Kind);
            open.Add(peer);
        }

        Assert.Equal(
            Enumerable.Range(1, 5).Select(i => $"10.0.0.{i}:1234"),
            handler.Connections.Select(one => one.RemoteEndPoint.ToString()));
        open.ForEach(one => one.Dispose());
    }

    [Theory]
    [InlineData("TCP4 10.0.0.7 127.0.0.1 1234 9401", "10.0.0.7:1234")]
    [InlineData("TCP6 2001:db8::7 ::1 65535 1", "[2001:db8::7]:65535")]
    [InlineData("UNKNOWN", "127.0.0.1:")]
    [InlineData("UNKNOWN ffff::1 ffff::2 1 what is here is left", "127.0.0.1:")]
    public async Task Clause7_12_ALineOfVersion1NamesTheClient(string line, string client)
    {
        await using var node = new TestNode(proxy: IPAddress.Loopback);
        using RawPeer peer = await RawPeer.OpenAsync(node.EndPoint);
        await peer.SendAsync(Line(line), Raw.Hello());
        Assert.Equal(2, (await peer.ReadAsync()).Kind);
        Assert.StartsWith(
            client, node.Handler.Connections.Single().RemoteEndPoint.ToString(),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TCP4 10.0.0.7 127.0.0.1 1234")]
    [InlineData("TCP4 10.0.0.7 127.0.0.1 1234 1 1")]
    [InlineData("TCP4 10.7 127.0.0.1 1234 9401")]
    [InlineData("TCP4 ::1 ::1 1234 9401")]
    [InlineData("TCP6 10.0.0.7 127.0.0.1 1234 9401")]
    [InlineData("TCP4 10.0.0.7 127.0.0.1 65536 9401")]
    [InlineData("TCP4 10.0.0.7 127.0.0.1 -1 9401")]
    [InlineData("UDP4 10.0.0.7 127.0.0.1 1234 9401")]
    [InlineData("UNKNOWN and then more than the hundred and seven bytes that a line of the first "
        + "version may have at most")]
    public async Task Clause7_12_AMalformedLineEndsTheConnection_AndIsToldOnce(string line)
    {
        await using var node = new TestNode(proxy: IPAddress.Loopback);
        for (int i = 1; i <= 2; i++)
        {
            using RawPeer peer = await RawPeer.OpenAsync(node.EndPoint);
            await peer.SendAsync(Line(line));
            Assert.Contains((await peer.ReadAsync()).Kind, new[] { 0, 255 });
            await Patience.UntilAsync(
                () => node.Server.Figures.ConnectionsRefusedTotal == i);
        }

        await Patience.UntilAsync(() => !node.Handler.Log.IsEmpty);
        Assert.Single(node.Handler.Log);
        Assert.Equal(0, node.Server.Figures.ConnectionsTotal);
    }

    [Theory]
    [InlineData(0x22, 0x11, 12, 0)]
    [InlineData(0x21, 0x12, 12, 0)]
    [InlineData(0x21, 0x11, 11, 0)]
    [InlineData(0x21, 0x21, 35, 0)]
    [InlineData(0x21, 0x11, 1025, 0)]
    [InlineData(0x21, 0x11, 12, 1)]
    public async Task Clause7_12_AMalformedHeaderEndsTheConnection(
        byte command, byte family, int length, int wrongByte)
    {
        await using var node = new TestNode(proxy: IPAddress.Loopback);
        using RawPeer peer = await RawPeer.OpenAsync(node.EndPoint);
        byte[] header = Header(command, family, new byte[length]);
        header[wrongByte] ^= (byte)(wrongByte == 0 ? 0 : 0xFF);
        await peer.SendAsync(header);
        Assert.Contains((await peer.ReadAsync()).Kind, new[] { 0, 255 });
        Assert.Equal(1, node.Server.Figures.ConnectionsRefusedTotal);
        Assert.Equal(0, node.Server.Figures.ConnectionsTotal);
    }

    [Fact]
    public async Task Clause7_12_AHeaderFromElsewhereIsNoFirstFrame_AndALateOneEnds()
    {
        await using var node = new TestNode(proxy: IPAddress.Parse("10.9.9.9"));
        using RawPeer liar = await RawPeer.OpenAsync(node.EndPoint);
        await liar.SendAsync(Header(0x21, 0x11, new byte[12]));
        await liar.ReadRefusalAsync(WireReason.BadFirstFrame);

        await using var tunnelled = new TestNode(proxy: IPAddress.Loopback);
        using RawPeer mute = await RawPeer.OpenAsync(tunnelled.EndPoint);
        await tunnelled.SweepUntilAsync(
            () => tunnelled.Server.Figures.ConnectionsRefusedTotal == 1);
    }

    /// <summary>What a tunnel adds (section 2.2 of the standard: type, length, value) is passed
    /// over, also where its lengths lie, up to the last byte that the header has.</summary>
    [Theory]
    [InlineData("02 0004 6E616D65")]
    [InlineData("20 000C 0100000000 21 0004 54 4C 53 31")]
    [InlineData("04 0001 00 EE FFFF")]
    [InlineData("01 FFFF")]
    [InlineData("01")]
    [InlineData("fill")]
    public async Task Clause7_12_WhatATunnelAddsIsPassedOver(string added)
    {
        byte[] extra = added == "fill"
            ? new byte[1024 - s_ends.Length]
            : Convert.FromHexString(added.Replace(" ", "", StringComparison.Ordinal));
        await using var node = new TestNode(proxy: IPAddress.Loopback);
        using RawPeer peer = await RawPeer.OpenAsync(node.EndPoint);
        await peer.SendAsync(Header(0x21, 0x11, [.. s_ends, .. extra]), Raw.Hello());
        Assert.Equal(2, (await peer.ReadAsync()).Kind);
        await peer.SendAsync(Raw.Order(1, "x", 5, 6));
        Assert.Equal(5, (await peer.ReadAsync()).Kind);
        Assert.Equal("10.0.0.7:1234",
            node.Handler.Connections.Single().RemoteEndPoint.ToString());
    }

    /// <summary>A look at the node's health by the tunnel itself, whatever else it says.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(12)]
    [InlineData(1024)]
    public async Task Clause7_12_ATunnelMaySpeakForItself(int length)
    {
        await using var node = new TestNode(
            limits: new WireLimits { ConnectionsPerAddressMax = 1 }, proxy: IPAddress.Loopback);
        using RawPeer peer = await RawPeer.OpenAsync(node.EndPoint);
        await peer.SendAsync(Header(0x20, 0, new byte[length]), Raw.Hello());
        Assert.Equal(2, (await peer.ReadAsync()).Kind);
        Assert.Equal(IPAddress.Loopback,
            node.Handler.Connections.Single().RemoteEndPoint.Address);

        // It is one address like another, and its clients are others.
        using RawPeer second = await RawPeer.OpenAsync(node.EndPoint);
        await second.SendAsync(Header(0x20, 0, []), Raw.Hello());
        Assert.Contains((await second.ReadAsync()).Kind, new[] { 0, 255 });
        using RawPeer client = await RawPeer.OpenAsync(node.EndPoint);
        await client.SendAsync(Header(0x21, 0x11, s_ends), Raw.Hello());
        Assert.Equal(2, (await client.ReadAsync()).Kind);
    }

    /// <summary>The tunnel's header is the first one; another comes from the client, who does not
    /// choose what address it has.</summary>
    [Fact]
    public async Task Clause7_12_AClientsOwnHeaderIsNoFirstFrame()
    {
        await using var node = new TestNode(proxy: IPAddress.Loopback);
        using RawPeer liar = await RawPeer.OpenAsync(node.EndPoint);
        byte[] forged = [192, 0, 2, 1, .. s_ends[4..]];
        await liar.SendAsync(Header(0x21, 0x11, s_ends), Header(0x21, 0x11, forged));
        await liar.ReadRefusalAsync(WireReason.BadFirstFrame);
        Assert.Empty(node.Handler.Connections);
    }

    /// <summary>Nobody waits for a header that comes byte by byte, and it ends in time.</summary>
    [Fact]
    public async Task Clause7_12_ASlowHeaderHoldsUpNobodyAndEnds()
    {
        await using var node = new TestNode(proxy: IPAddress.Loopback);
        using RawPeer slow = await RawPeer.OpenAsync(node.EndPoint);
        byte[] header = Header(0x21, 0x11, s_ends);
        foreach (byte one in header[..^1])
        {
            await slow.SendAsync([one]);
            using RawPeer other = await RawPeer.OpenAsync(node.EndPoint);
            await other.SendAsync(header, Raw.Hello());
            Assert.Equal(2, (await other.ReadAsync()).Kind);
        }

        await node.SweepUntilAsync(() => node.Server.Figures.ConnectionsRefusedTotal == 1);
        Assert.Contains((await slow.ReadAsync()).Kind, new[] { 0, 255 });
    }

    private static byte[] Line(string rest) => Encoding.ASCII.GetBytes($"PROXY {rest}\r\n");

    private static byte[] Header(byte command, byte family, byte[] rest) =>
    [
        .. "\r\n\r\n\0\r\nQUIT\n"u8, command, family,
        (byte)(rest.Length >> 8), (byte)rest.Length, .. rest,
    ];
}
