using System;
using System.Net.Sockets;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Wire.Tests;

/// <summary>Section 1 of the specification, over real sockets.</summary>
[Trait("Category", "load")]
public sealed class TransportClauseTests
{
    [Fact]
    public async Task Clause1_1_FramesFollowEachOtherWithNothingBetween()
    {
        await using var node = new TestNode();
        using RawPeer peer = await RawPeer.OpenAsync(node.EndPoint);
        await peer.SendAsync(Raw.Hello(), Raw.Order(1, "a"), Raw.Order(2, "b"));
        Assert.Equal(2, (await peer.ReadAsync()).Kind);
        Assert.Equal((5, 1u), await NextAsync(peer));
        Assert.Equal((6, 1u), await NextAsync(peer));
        Assert.Equal((5, 2u), await NextAsync(peer));
        Assert.Equal((6, 2u), await NextAsync(peer));
    }

    [Fact]
    public void Clause1_2_HeaderFieldsLieWhereTheTableSays()
    {
        byte[] bytes = new byte[12];
        new FrameHeader(0x04030201, (FrameKind)5, (FrameFlags)6, 0x0807, 0x0C0B0A09).Write(bytes);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], bytes);
        Assert.Equal(
            new FrameHeader(0x04030201, (FrameKind)5, (FrameFlags)6, 0x0807, 0x0C0B0A09),
            FrameHeader.Read(bytes));
    }

    [Fact]
    public async Task Clause1_3_HeaderIsRefusedBeforeItsPayloadArrives()
    {
        await using var node = new TestNode();
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        await peer.SendAsync(Raw.FrameOfLength(0xFFFF_FFFF, 3, 0, 1));
        await peer.ReadRefusalAsync(WireReason.BadLength);
    }

    [Fact]
    public void Clause1_3_AnnouncedMebibyteTakesOnlyWhatArrived()
    {
        var reader = new FrameReader(WireRole.Client);
        ReadOnlySpan<byte> hello = Raw.Hello();
        Assert.Equal(FrameStatus.Frame, reader.Read(ref hello, out _));
        ReadOnlySpan<byte> begun = Raw.FrameOfLength(1 << 20, 3, 0, 1, new byte[100]);
        Assert.Equal(FrameStatus.NeedMore, reader.Read(ref begun, out _));
        Assert.InRange(reader.HeldBytes, 100, 4096);
        ReadOnlySpan<byte> more = new byte[10_000];
        Assert.Equal(FrameStatus.NeedMore, reader.Read(ref more, out _));
        Assert.InRange(reader.HeldBytes, 10_100, 32_768);
    }

    [Fact]
    public async Task Clause1_4_OneByteAtATimeMeansTheSame()
    {
        await using var node = new TestNode();
        using RawPeer peer = await RawPeer.OpenAsync(node.EndPoint);
        foreach (byte one in Raw.Glue(Raw.Hello(), Raw.Order(1, "slow", 1, 2, 3)))
        {
            await peer.SendAsync([one]);
        }

        Assert.Equal(2, (await peer.ReadAsync()).Kind);
        Assert.Equal([1, 0, 0, 0, 1, 2, 3], (await peer.ReadAsync()).Payload);
        Assert.Equal("receipt of slow", (await peer.ReadAsync()).Text);
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, (ushort)WireReason.Disconnected)]
    public async Task Clause1_5_EndOfStreamEndsTheConnection(bool insideAFrame, ushort reason)
    {
        await using var node = new TestNode();
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        await peer.SendAsync(Raw.Order(1, "hold"));
        await Patience.UntilAsync(() => node.Handler.Held.Count == 1);
        if (insideAFrame)
        {
            await peer.SendAsync(Raw.FrameOfLength(500, 3, 0, 2, new byte[10]));
        }

        peer.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, (await peer.ReadAsync()).Kind);
        await Patience.UntilAsync(() => node.Handler.Closings.Count == 1);
        Assert.True(node.Handler.Closings.TryDequeue(out (long Id, ushort Reason) closing));
        Assert.Equal(reason, closing.Reason);
        Assert.True(node.Handler.Held.TryDequeue(out IOrderStream? order));
        Assert.True(order.Connection.Closed.IsCancellationRequested);
        Assert.False(order.SendReceipt("late"u8));
        order.Dispose();
        await Patience.UntilAsync(() => node.Server.Figures is { Connections: 0, HeldBytes: 0 });
    }

    private static async Task<(int Kind, uint Correlation)> NextAsync(RawPeer peer)
    {
        Seen seen = await peer.ReadAsync();
        return (seen.Kind, seen.Correlation);
    }
}
