using System;

namespace ComputeVoucher.Wire;

/// <summary>
/// An Ack, TraceRequest, ReleaseRequest or StateRequest that waits for its one answer. Dispose it
/// in every case: that returns its buffer (and sends Internal if no answer was sent). Thread safe.
/// </summary>
public interface IWireRequest : IDisposable
{
    /// <summary>Where it came from.</summary>
    IWireConnection Connection { get; }

    /// <summary>Which of the four.</summary>
    FrameKind Kind { get; }

    /// <summary>The client's number for it.</summary>
    uint Correlation { get; }

    /// <summary>The statement, 1 to 1,024 bytes. Valid until Dispose.</summary>
    ReadOnlyMemory<byte> Payload { get; }

    /// <summary>
    /// Sends the answer that belongs to the kind: AckStored, TraceRoot, Release or State.
    /// False: the connection is gone.
    /// </summary>
    bool Reply(ReadOnlySpan<byte> payload);

    /// <summary>
    /// Sends Error instead. Text beyond 512 bytes is cut. False: the connection is gone.
    /// </summary>
    bool Fail(ushort reason, string text, bool retryable);
}
