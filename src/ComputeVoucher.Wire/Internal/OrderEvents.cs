using System.Buffers.Binary;

namespace ComputeVoucher.Wire.Internal;

/// <summary>Frames as the events that a client reads.</summary>
internal static class OrderEvents
{
    /// <summary>What an order gets when the connection ends before its answer.</summary>
    internal static OrderEvent Disconnected { get; } = new()
    {
        Kind = FrameKind.Error,
        Reason = (ushort)WireReason.Disconnected,
        Text = "the connection ended",
        Retryable = true,
    };

    /// <summary>The same, with the reason for which this side closed, if it was this side.
    /// </summary>
    internal static OrderEvent Ended(WireReason reason) =>
        reason is WireReason.None or WireReason.Disconnected
            ? Disconnected
            : Disconnected with { Text = $"this side closed it for {reason}" };

    internal static OrderEvent Of(Frame frame) => frame.Header.Kind switch
    {
        FrameKind.Output => new OrderEvent
        {
            Kind = FrameKind.Output,
            Step = BinaryPrimitives.ReadUInt32LittleEndian(frame.Payload),
            Bytes = frame.Payload[WireProtocol.OutputPrefixBytes..].ToArray(),
            Last = frame.Header.Flags.HasFlag(FrameFlags.Last),
        },
        FrameKind.Error => new OrderEvent
        {
            Kind = FrameKind.Error,
            Reason = ErrorPayload.Reason(frame.Payload),
            Text = ErrorPayload.Text(frame.Payload),
            Retryable = frame.Header.Flags.HasFlag(FrameFlags.Retryable),
        },
        _ => new OrderEvent { Kind = frame.Header.Kind, Bytes = frame.Payload.ToArray() },
    };
}
