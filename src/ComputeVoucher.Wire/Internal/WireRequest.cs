using System;

namespace ComputeVoucher.Wire.Internal;

/// <summary>The node's side of one request.</summary>
internal sealed class WireRequest(ServerConnection connection, Frame frame)
    : InFlight(connection, frame), IWireRequest
{
    public ReadOnlyMemory<byte> Payload => Bytes;

    public bool Reply(ReadOnlySpan<byte> payload)
    {
        FrameKind answer = AnswerTo(Kind);
        if (answer is FrameKind.State or FrameKind.Opening)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(
                payload.Length, WireProtocol.LongAnswerBytesMax);
        }
        else
        {
            Statements.Check(payload.Length);
        }

        return TakeAnswer() && Socket.Send(answer, FrameFlags.None, Correlation, default, payload);
    }

    public bool Fail(ushort reason, string text, bool retryable) =>
        Refuse(reason, text, retryable);

    /// <summary>The kind that answers a request kind.</summary>
    /// <exception cref="ArgumentException">The kind is not a request.</exception>
    internal static FrameKind AnswerTo(FrameKind request) => request switch
    {
        FrameKind.Ack => FrameKind.AckStored,
        FrameKind.TraceRequest => FrameKind.TraceRoot,
        FrameKind.ReleaseRequest => FrameKind.Release,
        FrameKind.StateRequest => FrameKind.State,
        FrameKind.OpeningRequest => FrameKind.Opening,
        FrameKind.ProofRequest => FrameKind.Proof,
        FrameKind.OfferRequest => FrameKind.Offer,
        _ => throw new ArgumentException($"{request} is not a request"),
    };
}
