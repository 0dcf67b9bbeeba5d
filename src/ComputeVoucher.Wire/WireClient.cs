using System;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.Wire.Internal;

namespace ComputeVoucher.Wire;

/// <summary>
/// One connection to a node: many orders and requests in flight. Thread safe. Reconnecting is the
/// caller's job. An order whose events are not read holds back the others once 256 wait.
/// </summary>
public sealed class WireClient : IAsyncDisposable
{
    private readonly ClientConnection _connection;
    private readonly SemaphoreSlim _orders;
    private readonly SemaphoreSlim _requests;

    private WireClient(ClientConnection connection, WelcomeInfo welcome)
    {
        _connection = connection;
        Welcome = welcome;
        _orders = new SemaphoreSlim(welcome.OrdersInFlightMax);
        _requests = new SemaphoreSlim(welcome.RequestsInFlightMax);
    }

    /// <summary>What the node proved and allows.</summary>
    public WelcomeInfo Welcome { get; }

    /// <summary>False once the connection is gone.</summary>
    public bool IsOpen => _connection.IsOpen;

    /// <summary>Cancelled once the connection is gone.</summary>
    public CancellationToken Closed => _connection.Closed;

    /// <summary>When the node was heard last: ticks of <see cref="WireClientOptions.Time"/>.
    /// </summary>
    public long LastHeard => _connection.LastHeard;

    /// <summary>True once the node has said Goodbye: it takes no new orders.</summary>
    public bool NodeIsDraining => _connection.NodeIsDraining;

    /// <summary>
    /// Connects, exchanges Hello and Welcome, and checks the proof of the node key.
    /// </summary>
    /// <exception cref="WireException">
    /// Unreachable, another protocol, another node, or too slow.
    /// </exception>
    public static async ValueTask<WireClient> ConnectAsync(
        WireClientOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var deadline = new CancellationTokenSource(
            TimeSpan.FromMilliseconds(options.ConnectMsMax), options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(
            deadline.Token, cancellation);
        string where = ClientConnection.Name(options.Endpoint);
        ClientConnection? connection = null;
        try
        {
            Socket socket = await OpenAsync(options, either.Token).ConfigureAwait(false);
            connection = new ClientConnection(options, socket);
            WelcomeInfo welcome = await connection.GreetAsync(either.Token).ConfigureAwait(false);
            var client = new WireClient(connection, welcome);
            connection = null;
            return client;
        }
        catch (SocketException e)
        {
            string remedy = "check the address and that the node runs";
            throw new WireException($"cannot reach a node at {where}: {e.Message}; {remedy}", e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            string remedy = "check that it is a node and not another server";
            throw new WireException($"{where} gives no welcome in time; {remedy}", e);
        }
        finally
        {
            if (connection is not null)
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Sends an order; waits while as many are in flight as the node allows.</summary>
    /// <exception cref="WireException">
    /// Not connected, or the input is longer than a frame allows.
    /// </exception>
    public async ValueTask<ClientOrder> SendOrderAsync(
        ReadOnlyMemory<byte> order,
        ReadOnlyMemory<byte> signature,
        ReadOnlyMemory<byte> input,
        CancellationToken cancellation = default)
    {
        Statements.Check(order.Length);
        if (signature.Length != WireProtocol.SignatureBytes)
        {
            throw new ArgumentException($"a signature of {signature.Length} bytes, 64 are wanted");
        }

        int room = Welcome.FrameBytesMax - OrderPayload.InputOffset(order.Length);
        if (input.Length > room)
        {
            throw new WireException(
                $"the input has {input.Length} bytes, the node takes {room}; send a shorter one");
        }

        byte[] head = new byte[OrderPayload.InputOffset(order.Length)];
        BinaryPrimitives.WriteUInt16LittleEndian(head, (ushort)order.Length);
        order.CopyTo(head.AsMemory(WireProtocol.OrderPrefixBytes));
        signature.CopyTo(head.AsMemory(WireProtocol.OrderPrefixBytes + order.Length));
        await EnterAsync(_orders, cancellation).ConfigureAwait(false);
        return await _connection
            .SendOrderAsync(head, input, _orders, cancellation)
            .ConfigureAwait(false);
    }

    /// <summary>
    /// Sends an Ack or a request and waits for the bytes of its answer (README.md, 5.1).
    /// </summary>
    /// <exception cref="WireException">
    /// The node answered with an Error (see Reason), or is gone.
    /// </exception>
    public async ValueTask<ReadOnlyMemory<byte>> RequestAsync(
        FrameKind kind, ReadOnlyMemory<byte> payload, CancellationToken cancellation = default)
    {
        Statements.Check(payload.Length);
        await EnterAsync(_requests, cancellation).ConfigureAwait(false);
        try
        {
            return await _connection
                .RequestAsync(kind, payload, cancellation)
                .ConfigureAwait(false);
        }
        finally
        {
            _requests.Release();
        }
    }

    /// <summary>Closes; orders in flight get a Disconnected event.</summary>
    public async ValueTask DisposeAsync() => await _connection.DisposeAsync().ConfigureAwait(false);

    private static async Task<Socket> OpenAsync(
        WireClientOptions options, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(options.Endpoint, cancellation).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async ValueTask EnterAsync(SemaphoreSlim slots, CancellationToken cancellation)
    {
        if (slots.Wait(0, CancellationToken.None))
        {
            return;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(Closed, cancellation);
        try
        {
            await slots.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw _connection.Gone();
        }
    }
}

/// <summary>What the node said in its Welcome, after its signature was checked.</summary>
public sealed record WelcomeInfo
{
    /// <summary>The protocol version both speak.</summary>
    public required ushort Version { get; init; }

    /// <summary>Most payload bytes of one frame.</summary>
    public required int FrameBytesMax { get; init; }

    /// <summary>Orders in flight on this connection.</summary>
    public required int OrdersInFlightMax { get; init; }

    /// <summary>Other requests in flight on this connection.</summary>
    public required int RequestsInFlightMax { get; init; }

    /// <summary>The node's address, proven.</summary>
    public required Address Node { get; init; }

    /// <summary>The domain separator the proof is bound to.</summary>
    public required Bytes32 Context { get; init; }

    /// <summary>The name of this connection, which queries on it are signed with:
    /// keccak(node's random bytes ‖ client's random bytes).</summary>
    public required Bytes32 Nonce { get; init; }
}

/// <summary>Everything a client connection needs.</summary>
public sealed record WireClientOptions
{
    /// <summary>The node, an IP or a DNS endpoint.</summary>
    public required EndPoint Endpoint { get; init; }

    /// <summary>The address whose key the node must prove.</summary>
    public required Address ExpectedNode { get; init; }

    /// <summary>The domain separator that the node must be bound to.</summary>
    public required Bytes32 ExpectedContext { get; init; }

    /// <summary>32 fresh random bytes; the caller draws them.</summary>
    public required Bytes32 Nonce { get; init; }

    /// <summary>Drives deadlines and keep-alive.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Connect and Welcome, ms. 10,000: two retransmissions of a lost SYN.</summary>
    public int ConnectMsMax { get; init; } = 10_000;

    /// <summary>
    /// Silence after which the node counts as gone, ms; a third of it sends a ping.
    /// </summary>
    public int SilenceMsMax { get; init; } = 90_000;
}
