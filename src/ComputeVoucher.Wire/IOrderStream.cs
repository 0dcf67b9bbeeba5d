using System;
using System.Threading.Tasks;

namespace ComputeVoucher.Wire;

/// <summary>
/// One order in flight. It counts against the connection's bound until a receipt or an error is
/// sent, so send those only when the work has really stopped. Dispose it in every case: that
/// returns its buffers (and sends Internal if nothing final was sent). Thread safe.
/// </summary>
public interface IOrderStream : IDisposable
{
    /// <summary>Where it came from.</summary>
    IWireConnection Connection { get; }

    /// <summary>The client's number for it.</summary>
    uint Correlation { get; }

    /// <summary>The signed statement, 1 to 1,024 bytes. Valid until ReleaseInput or Dispose.
    /// </summary>
    ReadOnlyMemory<byte> Order { get; }

    /// <summary>Its 64-byte signature. Valid as long.</summary>
    ReadOnlyMemory<byte> Signature { get; }

    /// <summary>The input bytes, possibly none. Valid as long.</summary>
    ReadOnlyMemory<byte> Input { get; }

    /// <summary>Returns the buffers before the answer: nobody reads Order, Signature or Input any
    /// more. Again is nothing.</summary>
    void ReleaseInput();

    /// <summary>Sends Accept. False: the connection is gone.</summary>
    bool SendAccept(ReadOnlySpan<byte> accept);

    /// <summary>
    /// Sends one piece of the answer (at most 64 KiB) without waiting, for a token stream. A client
    /// that lets more than the outbound cap pile up is closed. False: the connection is gone.
    /// </summary>
    bool SendOutput(uint step, ReadOnlySpan<byte> bytes, bool last);

    /// <summary>
    /// Sends an answer of any length in pieces of at most 64 KiB, all with the same step number,
    /// waiting while the client is slow. False: the connection is gone.
    /// </summary>
    ValueTask<bool> SendOutputAsync(uint step, ReadOnlyMemory<byte> bytes, bool last);

    /// <summary>Sends Receipt; the order is over. False: the connection is gone.</summary>
    bool SendReceipt(ReadOnlySpan<byte> receipt);

    /// <summary>
    /// Sends Error; the order is over. Text beyond 512 bytes is cut. False: gone.
    /// </summary>
    bool SendError(ushort reason, string text, bool retryable);
}
