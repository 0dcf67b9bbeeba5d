using System;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Wire.Tests;

/// <summary>A frame as a test sees it; kind 0 is the end of the stream, kind 255 a reset.</summary>
internal sealed record Seen(int Kind, int Flags, uint Correlation, byte[] Payload)
{
    public ushort Reason => BinaryPrimitives.ReadUInt16LittleEndian(Payload);

    public string Text => Encoding.UTF8.GetString(Kind == 10 ? Payload.AsSpan(2) : Payload);
}

/// <summary>A client made of nothing but a socket and the words of the specification.</summary>
internal sealed class RawPeer : IDisposable
{
    private readonly Socket _socket;

    public RawPeer(Socket socket) => _socket = socket;

    public Socket Socket => _socket;

    public static async Task<RawPeer> OpenAsync(IPEndPoint node, int receiveBuffer = 0)
    {
        var socket = new Socket(node.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
        };
        if (receiveBuffer > 0)
        {
            socket.ReceiveBufferSize = receiveBuffer;
        }

        await socket.ConnectAsync(node);
        return new RawPeer(socket);
    }

    /// <summary>Opened, with Hello and Welcome behind it.</summary>
    public static async Task<RawPeer> GreetedAsync(IPEndPoint node, int receiveBuffer = 0)
    {
        RawPeer peer = await OpenAsync(node, receiveBuffer);
        await peer.SendAsync(Raw.Hello());
        Seen welcome = await peer.ReadAsync();
        Assert.Equal(2, welcome.Kind);
        return peer;
    }

    public async Task SendAsync(params byte[][] frames) =>
        await _socket.SendAsync(Raw.Glue(frames));

    public async Task<Seen> ReadAsync()
    {
        using var deadline = new CancellationTokenSource(Patience.Default);
        try
        {
            byte[]? header = await FillAsync(new byte[12], deadline.Token);
            if (header is null)
            {
                return new Seen(0, 0, 0, []);
            }

            int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(header);
            byte[]? payload = await FillAsync(new byte[length], deadline.Token);
            Assert.NotNull(payload);
            uint correlation = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(8));
            return new Seen(header[4], header[5], correlation, payload);
        }
        catch (SocketException)
        {
            return new Seen(255, 0, 0, []);
        }
    }

    /// <summary>
    /// The next frame must be the last Error with this reason, then the stream ends.
    /// </summary>
    public async Task<Seen> ReadRefusalAsync(WireReason reason)
    {
        Seen error = await ReadAsync();
        Assert.Equal(10, error.Kind);
        Assert.Equal(0u, error.Correlation);
        Assert.Equal((ushort)reason, error.Reason);
        Assert.Equal(0, (await ReadAsync()).Kind);
        return error;
    }

    public void Dispose() => _socket.Dispose();

    private async Task<byte[]?> FillAsync(byte[] bytes, CancellationToken cancellation)
    {
        for (int at = 0; at < bytes.Length;)
        {
            int count = await _socket.ReceiveAsync(bytes.AsMemory(at), cancellation);
            if (count == 0)
            {
                return null;
            }

            at += count;
        }

        return bytes;
    }
}
