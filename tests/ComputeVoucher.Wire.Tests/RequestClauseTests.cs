using System;
using System.Collections.Concurrent;
using System.Linq;
using System.Threading.Tasks;

namespace ComputeVoucher.Wire.Tests;

/// <summary>Section 5 of the specification.</summary>
[Trait("Category", "load")]
public sealed class RequestClauseTests
{
    [Theory]
    [InlineData(7, 8)]
    [InlineData(13, 14)]
    [InlineData(15, 16)]
    [InlineData(17, 18)]
    [InlineData(20, 21)]
    [InlineData(22, 23)]
    [InlineData(24, 25)]
    public async Task Clause5_1_EachRequestHasItsAnswer(int request, int answer)
    {
        await using var node = new TestNode();
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        await peer.SendAsync(Raw.Text(request, 77, "this"));
        Seen seen = await peer.ReadAsync();
        Assert.Equal((answer, 77u, "answer to this"), (seen.Kind, seen.Correlation, seen.Text));
    }

    [Fact]
    public async Task Clause5_1_ClientAwaitsManyAnswersAtOnce()
    {
        await using var node = new TestNode();
        await using WireClient client = await node.ConnectAsync();
        FrameKind[] kinds =
        [
            FrameKind.Ack,
            FrameKind.TraceRequest,
            FrameKind.ReleaseRequest,
            FrameKind.StateRequest,
        ];
        Task<ReadOnlyMemory<byte>>[] asked = [.. Enumerable.Range(0, 400).Select(i =>
            client.RequestAsync(kinds[i % 4], new byte[] { (byte)('a' + (i % 26)) }).AsTask())];
        ReadOnlyMemory<byte>[] answers = await Task.WhenAll(asked);
        for (int i = 0; i < answers.Length; i++)
        {
            Assert.Equal("answer to " + (char)('a' + (i % 26)), TestHandler.Text(answers[i]));
        }
    }

    [Fact]
    public async Task Clause5_2_RefusedRequestGivesItsReason()
    {
        await using var node = new TestNode(new TestHandler
        {
            Request = request =>
            {
                using (request)
                {
                    Assert.True(request.Fail(1234, "unknown channel", retryable: false));
                    Assert.False(request.Reply("late"u8));
                }

                return default;
            },
        });
        await using WireClient client = await node.ConnectAsync();
        WireException refusal = await Assert.ThrowsAsync<WireException>(async () =>
            await client.RequestAsync(FrameKind.Ack, new byte[1]));
        Assert.Equal(1234, refusal.Reason);
        Assert.Contains("unknown channel", refusal.Message, StringComparison.Ordinal);
        Assert.True(client.IsOpen);
    }

    [Fact]
    public async Task Clause5_3_RequestsHaveTheirOwnBound()
    {
        var held = new ConcurrentQueue<IWireRequest>();
        await using var node = new TestNode(
            new TestHandler
            {
                Request = request =>
                {
                    held.Enqueue(request);
                    return default;
                },
            },
            new WireLimits { OrdersInFlightMax = 1, RequestsInFlightMax = 2 });
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        await peer.SendAsync(
            Raw.Order(1, "hold"), Raw.Text(7, 2, "a"), Raw.Text(7, 3, "b"), Raw.Text(7, 4, "c"));
        Seen error = await peer.ReadAsync();
        Assert.Equal((10, 2, 4u), (error.Kind, error.Flags, error.Correlation));
        Assert.Equal((ushort)WireReason.TooManyInFlight, error.Reason);
        foreach (IWireRequest request in held)
        {
            request.Reply("ok"u8);
            request.Dispose();
        }

        Assert.Equal((8, 2u), Told(await peer.ReadAsync()));
        Assert.Equal((8, 3u), Told(await peer.ReadAsync()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(240 << 10)]
    public async Task Clause5_4_StateMayBeEmptyOrLarge(int bytes)
    {
        await using var node = new TestNode(new TestHandler
        {
            Request = request =>
            {
                using (request)
                {
                    Assert.Throws<ArgumentOutOfRangeException>(
                        () => request.Reply(new byte[(240 << 10) + 1]));
                    Assert.True(request.Reply(new byte[bytes]));
                }

                return default;
            },
        });
        await using WireClient client = await node.ConnectAsync();
        ReadOnlyMemory<byte> state =
            await client.RequestAsync(FrameKind.StateRequest, new byte[32]);
        Assert.Equal(bytes, state.Length);
    }

    private static (int Kind, uint Correlation) Told(Seen seen) => (seen.Kind, seen.Correlation);
}
