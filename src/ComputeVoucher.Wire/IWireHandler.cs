using System;
using System.Threading.Tasks;

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
    /// An ack, trace, release or state request. The handler owns it and disposes it.
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
