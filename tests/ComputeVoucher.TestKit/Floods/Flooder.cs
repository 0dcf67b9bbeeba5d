using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.TestKit;

/// <summary>One thread's worth of a flood, in pieces: the flood tests put them between honest
/// orders, the bench sends as many as it can.</summary>
/// <param name="target">Who is flooded.</param>
/// <param name="keep">Connections that stay open; beyond them the oldest is closed.</param>
public sealed class Flooder(FloodTarget target, int keep) : IDisposable
{
    /// <summary>Addresses of the loopback network that a flood comes from, 127.0.1.1 and
    /// following, where no tunnel speaks for others.</summary>
    private const int Addresses = 200;

    /// <summary>Frames of a piece that fills one connection.</summary>
    private const int FramesPerPiece = 50;

    /// <summary>The same, where each frame asks for a lookup or a run.</summary>
    private const int QueriesPerPiece = 20;

    /// <summary>Long answers that one connection is allowed to leave unread.</summary>
    private const int UnreadPerPiece = 5;

    /// <summary>Of a frame of 1 MiB, what is sent: most of what a socket buffers.</summary>
    private const int HugeBytesSent = 60_000;

    /// <summary>What the kernel takes for who reads nothing; it would take megabytes.</summary>
    private const int ReceiveBytesUnread = 4096;

    /// <summary>Ways in which tunnelled strangers take turns.</summary>
    private const int TunnelledTurns = 5;

    /// <summary>The high byte of a PROXY header's length, and one that says 64 KiB.</summary>
    private const int HeaderLengthOffset = 14;
    private const int HeaderLengthWrong = 0xFF;

    /// <summary>Where the node's random bytes stand in a Welcome.</summary>
    private const int WelcomeRandomOffset = WireProtocol.HeaderBytes + 68;

    private readonly PrivateKey _stranger =
        PrivateKey.FromBytes(Keccak256.Hash("stranger"u8).Span);

    private readonly Queue<Socket> _open = [];
    private uint _drawn;
    private bool _isTunnelled;
    private int? _receiveBytes;
    private bool _isOver;

    /// <summary>Connections that were refused, or cut off before or while something was sent.
    /// </summary>
    public long Refused { get; private set; }

    /// <summary>Sends the next piece; what the other end cuts off is counted and no failure.
    /// </summary>
    /// <param name="kind">Of the flood.</param>
    /// <param name="piece">Its number, over all flooders of this target: it chooses addresses.
    /// </param>
    public void Send(FloodKind kind, int piece)
    {
        switch (kind)
        {
            case FloodKind.Traces:
                Query(piece);
                break;
            case FloodKind.UnfinishedFrames:
                Begin(piece);
                break;
            case FloodKind.BadSignatures:
                Forge();
                break;
            case FloodKind.IdleConnections:
                for (int i = 0; i < 10; i++)
                {
                    Greet((piece * 10) + i, _ => []);
                }

                break;
            case FloodKind.HalfHeaders:
                Try(() => SendAll(Open(AddressOf(piece)), [Hello()[..6]]));
                break;
            case FloodKind.ComeAndGo:
                Try(() => Open(AddressOf(piece)).Dispose());
                break;
            case FloodKind.UnreadAnswers:
                _receiveBytes = ReceiveBytesUnread;
                AskUnread(piece);
                break;
            case FloodKind.Tunnelled:
                _isTunnelled = true;
                Tunnelled(piece / TunnelledTurns, piece % TunnelledTurns);
                _isTunnelled = false;
                break;
            default:
                Greet(piece, _ => FramesOf(kind));
                break;
        }
    }

    /// <summary>From any thread: a piece that is being sent ends there.</summary>
    public void Dispose()
    {
        lock (_open)
        {
            _isOver = true;
            while (_open.TryDequeue(out Socket? socket))
            {
                socket.Dispose();
            }
        }

        _stranger.Dispose();
    }

    /// <summary>A tunnel speaks for all the world, by both protocols.</summary>
    private IPAddress AddressOf(int piece)
    {
        byte[] last = [(byte)(piece >> 16), (byte)(piece >> 8), (byte)piece];
        return !_isTunnelled ? new([127, 0, 1, (byte)(1 + (piece % Addresses))])
            : piece % 2 == 0 ? new([10, .. last])
            : new([0x20, 0x01, 0x0D, 0xB8, 0, .. last, .. new byte[8]]);
    }

    private static byte[] Frame(FrameKind kind, uint correlation, ReadOnlySpan<byte> payload)
    {
        byte[] frame = new byte[WireProtocol.HeaderBytes + payload.Length];
        new FrameHeader((uint)payload.Length, kind, FrameFlags.None, 0, correlation).Write(frame);
        payload.CopyTo(frame.AsSpan(WireProtocol.HeaderBytes));
        return frame;
    }

    private static void SendAll(Socket socket, IEnumerable<byte[]> frames)
    {
        foreach (byte[] frame in frames)
        {
            socket.Send(frame);
        }
    }

    private IEnumerable<byte[]> FramesOf(FloodKind kind) => kind switch
    {
        FloodKind.Replays => Enumerable.Range(1, QueriesPerPiece)
            .Select(n => OrderFrame(target.Served, (uint)n, target.SpendKey)),
        FloodKind.Pings => Enumerable.Repeat(
            Frame(FrameKind.Ping, 0, new byte[WireProtocol.PingBytes]), FramesPerPiece),
        FloodKind.CancelsForNothing => Enumerable.Repeat(
            Frame(FrameKind.Cancel, 7, new byte[SignedPayload.Bytes<Cancel>()]), FramesPerPiece),
        FloodKind.OrdersOfNoChannel => Enumerable.Range(1, FramesPerPiece)
            .Select(n => OrderFrame(
                target.Served with { Channel = Keccak256.Hash([(byte)n]) }, (uint)n,
                target.SpendKey)),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no frames"),
    };

    /// <summary>Half for the order and half for none, half by its payer and half by a stranger.
    /// </summary>
    private void Query(int piece) => Greet(piece, nonce =>
    {
        Bytes32 hash = piece % 2 == 0
            ? target.Served.HashStruct()
            : Keccak256.Hash(BitConverter.GetBytes(piece));
        byte[] asked = Signed(new TraceQuery(hash, nonce),
            piece % 4 < 2 ? target.SpendKey : _stranger);
        return Enumerable.Range(1, QueriesPerPiece)
            .Select(n => Frame(FrameKind.TraceRequest, (uint)n, asked));
    });

    /// <summary>One frame longer than any the node takes, four that miss their last byte; from four
    /// addresses in turn.</summary>
    private void Begin(int piece)
    {
        int payload = WireProtocol.OrderPrefixBytes + SignedPayload.Bytes<Order>()
            + target.InputBytesMax;
        byte[] begun = Frame(FrameKind.Order, 1, new byte[payload])[..^1];
        byte[] huge = Frame(FrameKind.Order, 1, new byte[WireProtocol.FrameBytesMax]);
        for (int i = 0; i < 5; i++)
        {
            byte[] sent = i == 0 ? huge[..HugeBytesSent] : begun;
            Greet(piece % 4, _ => [sent]);
        }
    }

    /// <summary>An order, and the state of its channel again and again, of which nothing is read.
    /// </summary>
    private void AskUnread(int piece) => Greet(piece, nonce =>
    {
        byte[] asked = Signed(new StateQuery(target.Served.Channel, nonce), target.SpendKey);
        return Enumerable.Range(2, UnreadPerPiece)
            .Select(n => Frame(FrameKind.StateRequest, (uint)n, asked))
            .Prepend(OrderFrame(target.Served, 1, target.SpendKey));
    });

    private void Tunnelled(int piece, int turn)
    {
        switch (turn)
        {
            case 0:
                Greet(piece, _ => []);
                break;
            case 1:
                Begin(piece);
                break;
            case 2:
                Forge();
                break;
            case 3:
                // Of a client that would like another address.
                Try(() => SendAll(
                    Open(AddressOf(piece)), [Tunnel.Header(AddressOf(piece + 1)), Hello()]));
                break;
            default:
                byte[] header = Tunnel.Header(AddressOf(piece));
                bool isLate = piece % 2 == 0;
                header[HeaderLengthOffset] = (byte)(isLate ? 0 : HeaderLengthWrong);
                Try(() => SendAll(Connect(Tunnel.Address), [isLate ? header[..^1] : header]));
                break;
        }
    }

    /// <summary>From the honest client's own address. Each costs that address a token; the end of
    /// the connection is waited for, so that the next one meets what it cost.</summary>
    private void Forge() => Try(() =>
    {
        Socket socket = Open(target.Honest);
        Order order = target.Served with { Seq = target.UnusedSeq() };
        SendAll(socket, [Hello(), OrderFrame(order, 1, _stranger)]);
        byte[] rest = new byte[4096];
        while (target.Answers && socket.Receive(rest) > 0)
        {
        }
    });

    /// <summary>A connection that has said Hello and read the Welcome; then what is made for its
    /// nonce.</summary>
    private void Greet(int address, Func<Bytes32, IEnumerable<byte[]>> frames) => Try(() =>
    {
        Socket socket = Open(AddressOf(address));
        byte[] hello = Hello();
        socket.Send(hello);
        byte[] welcome = new byte[WireProtocol.HeaderBytes + WireProtocol.WelcomeBytes];
        for (int at = 0; target.Answers && at < welcome.Length;)
        {
            int count = socket.Receive(welcome.AsSpan(at));
            at += count > 0
                ? count
                : throw new SocketException((int)SocketError.ConnectionReset);
        }

        SendAll(socket, frames(Keccak256.Hash([
            .. welcome.AsSpan(WelcomeRandomOffset, Bytes32.Size),
            .. hello.AsSpan(WireProtocol.HeaderBytes + 8)])));
    });

    private byte[] Hello()
    {
        byte[] hello = new byte[WireProtocol.HelloBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(hello, WireProtocol.Magic);
        hello[4] = (byte)WireProtocol.VersionMin;
        hello[6] = (byte)WireProtocol.VersionMax;
        BinaryPrimitives.WriteUInt32LittleEndian(hello.AsSpan(8), ++_drawn);
        return Frame(FrameKind.Hello, 0, hello);
    }

    private byte[] OrderFrame(in Order order, uint correlation, PrivateKey key)
    {
        byte[] prefix = new byte[WireProtocol.OrderPrefixBytes];
        BinaryPrimitives.WriteUInt16LittleEndian(prefix, (ushort)Order.PayloadBytes);
        return Frame(
            FrameKind.Order, correlation, [.. prefix, .. Signed(order, key), .. target.Input.Span]);
    }

    private byte[] Signed<T>(in T value, PrivateKey key)
        where T : struct, ISignedStruct<T> =>
        SignedPayload.Encode(value, key.Sign(value.Digest(target.Separator)));

    /// <summary>Connected, with nothing said but by a tunnel.</summary>
    private Socket Open(IPAddress from)
    {
        if (!_isTunnelled)
        {
            return Connect(from);
        }

        Socket socket = Connect(Tunnel.Address);
        socket.Send(Tunnel.Header(from));
        return socket;
    }

    /// <summary>Connected; it is kept until others take its turn.</summary>
    private Socket Connect(IPAddress from)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            SendTimeout = (int)Patience.Default.TotalMilliseconds,
            ReceiveTimeout = (int)Patience.Default.TotalMilliseconds,
        };
        lock (_open)
        {
            if (_isOver)
            {
                socket.Dispose();
            }

            ObjectDisposedException.ThrowIf(_isOver, this);
            _open.Enqueue(socket);
            if (_open.Count > keep)
            {
                _open.Dequeue().Dispose();
            }
        }

        socket.ReceiveBufferSize = _receiveBytes ?? socket.ReceiveBufferSize;
        socket.Bind(new IPEndPoint(from, 0));
        socket.Connect(target.Endpoint);
        return socket;
    }

    /// <summary>The other end may end it at any time, and whoever owns this flooder too.</summary>
    private void Try(Action send)
    {
        try
        {
            send();
        }
        catch (Exception cut) when (cut is SocketException or ObjectDisposedException)
        {
            Refused++;
        }
    }
}
