using System;
using System.Threading;
using System.Threading.Tasks;

namespace ComputeVoucher.Wire;

/// <summary>
/// One connection to a node: many orders and requests in flight. Thread safe. Reconnecting is the
/// caller's job. An order whose events are not read holds back the others once 1,024 wait.
/// </summary>
public sealed class WireClient : IAsyncDisposable
{
    private WireClient(WelcomeInfo welcome) => Welcome = welcome;

    /// <summary>What the node proved and allows.</summary>
    public WelcomeInfo Welcome { get; }

    /// <summary>False once the connection is gone.</summary>
    public bool IsOpen => throw new NotImplementedException();

    /// <summary>True once the node has said Goodbye: it takes no new orders.</summary>
    public bool NodeIsDraining => throw new NotImplementedException();

    /// <summary>Connects, exchanges Hello and Welcome, and checks the proof of the node key.</summary>
    /// <exception cref="WireException">Unreachable, another protocol, another node, or too slow.</exception>
    public static ValueTask<WireClient> ConnectAsync(
        WireClientOptions options, CancellationToken cancellation = default) =>
        throw new NotImplementedException();

    /// <summary>Sends an order; waits while as many are in flight as the node allows.</summary>
    /// <exception cref="WireException">Not connected, or the input is longer than a frame allows.</exception>
    public ValueTask<ClientOrder> SendOrderAsync(
        ReadOnlyMemory<byte> order,
        ReadOnlyMemory<byte> signature,
        ReadOnlyMemory<byte> input,
        CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <summary>
    /// Sends an Ack, TraceRequest, ReleaseRequest or StateRequest and waits for the bytes of its
    /// AckStored, TraceRoot, Release or State.
    /// </summary>
    /// <exception cref="WireException">The node answered with an Error (see Reason), or is gone.</exception>
    public ValueTask<ReadOnlyMemory<byte>> RequestAsync(
        FrameKind kind, ReadOnlyMemory<byte> payload, CancellationToken cancellation = default) =>
        throw new NotImplementedException();

    /// <summary>Round trip of a ping.</summary>
    /// <exception cref="WireException">The node is gone.</exception>
    public ValueTask<TimeSpan> PingAsync(CancellationToken cancellation = default) =>
        throw new NotImplementedException();

    /// <summary>Closes.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
