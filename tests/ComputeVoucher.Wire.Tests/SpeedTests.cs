using System;
using System.Diagnostics;
using System.Linq;
using System.Threading.Tasks;
using Xunit.Abstractions;

namespace ComputeVoucher.Wire.Tests;

/// <summary>Figures, printed; the bounds only catch a collapse.</summary>
[Trait("Category", "slow")]
public sealed class SpeedTests(ITestOutputHelper output)
{
    [Fact]
    public void Parse_FramesPerSecond()
    {
        byte[] stream = Raw.Glue(
            [.. Enumerable.Range(
                1, 100).Select(id => Raw.Order((uint)id, new string('o', 161), new byte[8]))]);
        var reader = new FrameReader(WireRole.Client);
        FrameReaderTests.Count(reader, Raw.Hello(), 52);
        int frames = FrameReaderTests.Count(reader, stream, stream.Length);
        var watch = Stopwatch.StartNew();
        while (watch.ElapsedMilliseconds < 1_000)
        {
            frames += FrameReaderTests.Count(reader, stream, stream.Length);
        }

        double perSecond = frames / watch.Elapsed.TotalSeconds;
        output.WriteLine($"parse: {perSecond / 1e6:F1} M frames/s of {stream.Length / 100} bytes");
        Assert.InRange(perSecond, 100_000, double.MaxValue);
    }

    [Fact]
    public async Task Order_RoundTripOverLoopback()
    {
        await using var node = new TestNode();
        await using WireClient client = await node.ConnectAsync();
        using RawPeer peer = await RawPeer.GreetedAsync(node.EndPoint);
        await MeasureAsync("ping, raw client", async () =>
        {
            await peer.SendAsync(Raw.Frame(11, 0, 0, new byte[8]));
            await peer.ReadAsync();
        });
        await MeasureAsync("order with 64-byte input, output and receipt", async () =>
        {
            ClientOrder order =
                await client.SendOrderAsync(new byte[161], new byte[64], new byte[64]);
            while (await order.ReadAsync() is not null)
            {
            }
        });
    }

    private async Task MeasureAsync(string what, Func<Task> once)
    {
        double[] micros = new double[20_000];
        for (int i = -2_000; i < micros.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await once();
            if (i >= 0)
            {
                micros[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            }
        }

        Array.Sort(micros);
        output.WriteLine(
            $"{what}: p50 {micros[10_000]:F1} µs, p99 {micros[19_800]:F1} µs, "
                + $"p99.9 {micros[19_980]:F1} µs");
        Assert.InRange(micros[10_000], 0, 10_000);
    }
}
