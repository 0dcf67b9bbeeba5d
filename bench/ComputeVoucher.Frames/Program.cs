using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Diagnostics;
using System.Net;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Frames;

/// <summary>Frames parsed a second, and round trips over loopback within one process.</summary>
internal static class Program
{
    private const int OrderBytes = 161;

    private static async Task Main()
    {
        Parse();
        using PrivateKey key = PrivateKey.Parse(new string('1', 64));
        await using WireServer server = WireServer.Start(
            new WireServerOptions
            {
                Endpoint = new IPEndPoint(IPAddress.Loopback, 0),
                Node = key.Address,
                Context = Bytes32.Zero,
                Signer = (in Bytes32 digest, Span<byte> signature) =>
                    key.Sign(digest).CopyTo(signature),
                FillRandom = bytes => bytes.Clear(),
                Time = TimeProvider.System,
            },
            new EchoHandler());
        await using WireClient client = await WireClient.ConnectAsync(new WireClientOptions
        {
            Endpoint = server.LocalEndPoint,
            ExpectedNode = key.Address,
            ExpectedContext = Bytes32.Zero,
            Nonce = Bytes32.Zero,
            Time = TimeProvider.System,
        });
        await MeasureAsync("request with its answer", async () =>
            await client.RequestAsync(FrameKind.TraceRequest, new byte[Bytes32.Size]));
        await MeasureAsync("order with 64-byte input, output and receipt", async () =>
        {
            ClientOrder order = await client.SendOrderAsync(
                new byte[OrderBytes], new byte[WireProtocol.SignatureBytes], new byte[64]);
            while (await order.ReadAsync() is not null)
            {
                // Output and receipt.
            }
        });
    }

    /// <summary>A hundred small orders in a row, for two seconds.</summary>
    private static void Parse()
    {
        int payload = 2 + OrderBytes + WireProtocol.SignatureBytes + 8;
        List<byte> stream = [];
        for (uint id = 1; id <= 100; id++)
        {
            byte[] frame = new byte[WireProtocol.HeaderBytes + payload];
            new FrameHeader((uint)payload, FrameKind.Order, FrameFlags.None, 0, id).Write(frame);
            BinaryPrimitives.WriteUInt16LittleEndian(
                frame.AsSpan(WireProtocol.HeaderBytes), OrderBytes);
            stream.AddRange(frame);
        }

        byte[] bytes = [.. stream];
        FrameReader reader = new(WireRole.Client);
        Read(reader, Hello());
        long frames = 0;
        Stopwatch watch = Stopwatch.StartNew();
        while (watch.ElapsedMilliseconds < 2_000)
        {
            frames += Read(reader, bytes);
        }

        double perSecond = frames / watch.Elapsed.TotalSeconds;
        Console.WriteLine($"parse: {perSecond / 1e6:F1} M frames/s of {bytes.Length / 100} bytes");
    }

    private static byte[] Hello()
    {
        byte[] hello = new byte[52];
        new FrameHeader(40, FrameKind.Hello, FrameFlags.None, 0, 0).Write(hello);
        "CVW1"u8.CopyTo(hello.AsSpan(12));
        hello[16] = hello[18] = 1;
        return hello;
    }

    private static int Read(FrameReader reader, ReadOnlySpan<byte> input)
    {
        int frames = 0;
        while (reader.Read(ref input, out _) == FrameStatus.Frame)
        {
            frames++;
        }

        return reader.Refusal == WireReason.None
            ? frames
            : throw new InvalidOperationException(reader.Refusal.ToString());
    }

    private static async Task MeasureAsync(string what, Func<Task> once)
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
        Console.WriteLine(
            $"{what}: p50 {micros[10_000]:F1} µs, p99 {micros[19_800]:F1} µs, "
            + $"p99.9 {micros[19_980]:F1} µs");
    }
}
