using System;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Wire;

/// <summary>
/// What the node does with frames. Calls for one connection never overlap; calls for different
/// connections do. The next frame of a connection is read when the returned task is done: that is
/// the back-pressure. Do the cheap part here and the work elsewhere, or cancels wait behind it.
/// An exception ends that connection with Internal and goes to <see cref="OnFault"/>.
/// </summary>
public interface IWireHandler
{
    /// <summary>A new order. The handler owns the stream and disposes it.</summary>
    ValueTask OnOrderAsync(IOrderStream order);

    /// <summary>
    /// A cancel for an order in flight; the bytes are valid during the call only.
    /// </summary>
    void OnCancel(IOrderStream order, ReadOnlySpan<byte> cancel);

    /// <summary>
    /// An ack or a request. The handler owns it and disposes it.
    /// </summary>
    ValueTask OnRequestAsync(IWireRequest request);

    /// <summary>Hello and Welcome are exchanged.</summary>
    void OnConnected(IWireConnection connection);

    /// <summary>
    /// The connection is closing, for a reason of <see cref="WireReason"/> or of the handler;
    /// 0 is an orderly end. Called once, for every connection that had OnConnected.
    /// </summary>
    void OnClosed(IWireConnection connection, ushort reason);

    /// <summary>
    /// Something to log: a handler threw, or accepting failed and is tried again.
    /// </summary>
    void OnFault(string what, Exception fault);
}

/// <summary>One client of the node, as a handler sees it. Thread safe.</summary>
public interface IWireConnection
{
    /// <summary>Number of the connection since the server started, for logs.</summary>
    long Id { get; }

    /// <summary>The other end.</summary>
    IPEndPoint RemoteEndPoint { get; }

    /// <summary>
    /// keccak(node's random bytes ‖ client's random bytes): no other connection has it, so a query
    /// that is signed with it cannot be sent again elsewhere.
    /// </summary>
    Bytes32 Nonce { get; }

    /// <summary>False as soon as the connection is closing.</summary>
    bool IsOpen { get; }

    /// <summary>Cancelled when the connection is closing; made on first use.</summary>
    CancellationToken Closed { get; }

    /// <summary>Whatever the handler wants to keep with the connection.</summary>
    object? Tag { get; set; }

    /// <summary>
    /// The other end has shown that it may order here: from now on it shares memory, abuse tokens
    /// and the right to stay with that payer's connections, and no longer with strangers. Only the
    /// first call counts.
    /// </summary>
    /// <param name="payer">Who pays, as the handler knows it.</param>
    /// <returns>False where the payer has as many connections as it may: then it stays a
    /// stranger's, and what was asked is better refused.</returns>
    bool Prove(in Address payer);

    /// <summary>
    /// Sends a last Error and closes. With <paramref name="abusive"/> (a bad signature, say) the
    /// address also loses a token, and is refused for a while when it has none left.
    /// </summary>
    void Close(ushort reason, string text, bool abusive = false);
}

/// <summary>
/// An Ack or one of the requests that waits for its one answer. Dispose it in every case: that
/// returns its buffer (and sends Internal if no answer was sent). Thread safe.
/// </summary>
public interface IWireRequest : IDisposable
{
    /// <summary>Where it came from.</summary>
    IWireConnection Connection { get; }

    /// <summary>Ack or the kind of request.</summary>
    FrameKind Kind { get; }

    /// <summary>The client's number for it.</summary>
    uint Correlation { get; }

    /// <summary>The statement, 1 to 1,024 bytes. Valid until Dispose.</summary>
    ReadOnlyMemory<byte> Payload { get; }

    /// <summary>
    /// Sends the answer that belongs to the kind (README.md, 5.1). False: the connection is gone.
    /// </summary>
    bool Reply(ReadOnlySpan<byte> payload);

    /// <summary>
    /// Sends Error instead. Text beyond 512 bytes is cut. False: the connection is gone.
    /// </summary>
    bool Fail(ushort reason, string text, bool retryable);
}
