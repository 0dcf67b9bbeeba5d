using System;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Client.Tests;

/// <summary>A node made of raw frames, which proves its key and then does what a script says, on
/// every connection anew.</summary>
internal sealed class HostileNode : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<Peer, Task> _script;
    private int _accepted;

    /// <param name="script">Null: closes every connection before a word.</param>
    public HostileNode(Func<Peer, Task>? script)
    {
        _script = script ?? (_ => Task.CompletedTask);
        Greets = script is not null;
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>Bytes that the kernel takes for a node that does not read; set before anybody
    /// connects.</summary>
    public int ReceiveBytes
    {
        init => _listener.Server.ReceiveBufferSize = value;
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>Limits of the Welcome.</summary>
    public uint InFlightMax { get; init; } = 64;

    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Signed Cancels that came.</summary>
    public ConcurrentQueue<Cancel> Cancels { get; } = [];

    private bool Greets { get; }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync();
                int number = Interlocked.Increment(ref _accepted);
                _ = ServeAsync(client, number);
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client, int number)
    {
        using (client)
        {
            try
            {
                Peer peer = new(this, client.GetStream(), number);
                if (Greets && await peer.ReadAsync() is { } hello)
                {
                    await peer.SendAsync(FrameKind.Welcome, 0, Welcome(hello.Payload));
                    await _script(peer);
                }
            }
            catch (IOException)
            {
                // The client left.
            }
        }
    }

    private byte[] Welcome(byte[] hello)
    {
        byte[] welcome = new byte[164];
        welcome[0] = 2;
        BinaryPrimitives.WriteUInt32LittleEndian(welcome.AsSpan(4), 1 << 20);
        BinaryPrimitives.WriteUInt32LittleEndian(welcome.AsSpan(8), InFlightMax);
        BinaryPrimitives.WriteUInt32LittleEndian(welcome.AsSpan(12), InFlightMax);
        Given.NodeKey.Address.CopyTo(welcome.AsSpan(16));
        Given.Domain.VouchersSeparator.CopyTo(welcome.AsSpan(36));
        Given.NodeKey.Sign(Keccak256.Hash(
            [.. "ComputeVoucher wire welcome 2\n"u8, .. hello, .. welcome.AsSpan(0, 100)]))
            .CopyTo(welcome.AsSpan(100));
        return welcome;
    }

    /// <summary>One connection, from the node's side.</summary>
    internal sealed class Peer(HostileNode node, NetworkStream stream, int number)
    {
        public const int PieceBytes = 16 << 10;

        /// <summary>From 1.</summary>
        public int Number => number;

        /// <summary>Every Pong is answered with a Ping, without an end.</summary>
        public bool PingsOn { get; set; }

        /// <summary>Told after each piece of a payload, where set: a link that is slow.</summary>
        public Action? OnPiece { get; set; }

        /// <summary>The next frame that is no ping; null at the end of the stream.</summary>
        public async Task<Seen?> ReadAsync()
        {
            while (true)
            {
                byte[] header = new byte[12];
                if (await stream.ReadAtLeastAsync(header, 12, throwOnEndOfStream: false) < 12)
                {
                    return null;
                }

                byte[] payload = new byte[BinaryPrimitives.ReadInt32LittleEndian(header)];
                for (int at = 0; at < payload.Length; at += PieceBytes)
                {
                    await stream.ReadExactlyAsync(
                        payload.AsMemory(at, Math.Min(PieceBytes, payload.Length - at)));
                    OnPiece?.Invoke();
                }

                Seen seen = new((FrameKind)header[4],
                    BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(8)), payload);
                if (seen.Kind == FrameKind.Cancel)
                {
                    node.Cancels.Enqueue(seen.Statement<Cancel>(0));
                }

                if (seen.Kind == FrameKind.Ping)
                {
                    await SendAsync(FrameKind.Pong, 0, payload);
                }
                else if (seen.Kind != FrameKind.Pong)
                {
                    return seen;
                }
                else if (PingsOn)
                {
                    await SendAsync(FrameKind.Ping, 0, payload);
                }
            }
        }

        /// <summary>Reads to the end, answering nothing but pings.</summary>
        public async Task ListenAsync()
        {
            while (await ReadAsync() is not null)
            {
                // Mute.
            }
        }

        public async Task SendAsync(
            FrameKind kind, uint correlation, byte[] payload, byte flags = 0)
        {
            byte[] frame = new byte[12 + payload.Length];
            BinaryPrimitives.WriteInt32LittleEndian(frame, payload.Length);
            frame[4] = (byte)kind;
            frame[5] = flags;
            BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(8), correlation);
            payload.CopyTo(frame, 12);
            await stream.WriteAsync(frame);
        }

        public Task OutputAsync(Seen order, byte step, params byte[] bytes) =>
            SendAsync(FrameKind.Output, order.Correlation, [step, 0, 0, 0, .. bytes]);

        /// <summary>The right receipt of this order for an answer of these bytes.</summary>
        public Task ReceiptAsync(Seen order, params byte[] output) =>
            ReceiptAsync(order, order.Order.HashStruct(), output);

        public Task ReceiptAsync(Seen order, Bytes32 orderHash, params byte[] output)
        {
            Receipt receipt = new(orderHash, (uint)output.Length,
                output.Length == 0 ? ReceiptCheck.NothingRoot : Keccak256.Hash(output), default,
                FakeModel.UnitsPerStep * (ulong)output.Length);
            return SendAsync(FrameKind.Receipt, order.Correlation, SignedPayload.Encode(receipt,
                Given.NodeKey.Sign(receipt.Digest(Given.Domain.VouchersSeparator))));
        }

        /// <summary>A promise for a time, Unix seconds.</summary>
        /// <param name="order">What is promised.</param>
        /// <param name="dueAt">Until when.</param>
        /// <param name="key">Null: the node's.</param>
        public Task AcceptAsync(Seen order, ulong dueAt, PrivateKey? key = null)
        {
            Accept accept = new(order.Order.HashStruct(), dueAt);
            return SendAsync(FrameKind.Accept, order.Correlation, SignedPayload.Encode(accept,
                (key ?? Given.NodeKey).Sign(accept.Digest(Given.Domain.VouchersSeparator))));
        }

        public Task RefuseAsync(Seen order, RefusalReason reason) => SendAsync(
            FrameKind.Error, order.Correlation, [(byte)reason, (byte)((ushort)reason >> 8)],
            (byte)FrameFlags.Retryable);
    }

    /// <summary>A frame of the client.</summary>
    internal sealed record Seen(FrameKind Kind, uint Correlation, byte[] Payload)
    {
        /// <summary>Of an Order frame.</summary>
        public Order Order => Statement<Order>(2);

        public T Statement<T>(int at)
            where T : struct, ISignedStruct<T>
        {
            // An Order's signature follows its statement, as in every signed payload.
            Assert.Equal(RefusalReason.None, SignedPayload.Decode(
                Payload.AsSpan(at, SignedPayload.Bytes<T>()), out T value, out _));
            return value;
        }
    }
}
