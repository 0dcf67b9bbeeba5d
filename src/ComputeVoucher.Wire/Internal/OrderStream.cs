using System;
using System.Buffers.Binary;
using System.Threading.Tasks;

namespace ComputeVoucher.Wire.Internal;

/// <summary>The node's side of one order.</summary>
internal sealed class OrderStream : InFlight, IOrderStream
{
    private readonly int _statementBytes;

    internal OrderStream(ServerConnection connection, Frame frame)
        : base(connection, frame) => _statementBytes = OrderPayload.StatementBytes(frame.Payload);

    public ReadOnlyMemory<byte> Order =>
        Bytes.Slice(WireProtocol.OrderPrefixBytes, _statementBytes);

    public ReadOnlyMemory<byte> Signature => Bytes.Slice(
        WireProtocol.OrderPrefixBytes + _statementBytes, WireProtocol.SignatureBytes);

    public ReadOnlyMemory<byte> Input => Bytes[OrderPayload.InputOffset(_statementBytes)..];

    public bool SendAccept(ReadOnlySpan<byte> accept)
    {
        Statements.Check(accept.Length);
        return !IsAnswered
            && Socket.Send(FrameKind.Accept, FrameFlags.None, Correlation, default, accept);
    }

    public bool SendOutput(uint step, ReadOnlySpan<byte> bytes, bool last)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, WireProtocol.OutputBytesMax);
        if (IsAnswered)
        {
            return false;
        }

        Span<byte> prefix = stackalloc byte[WireProtocol.OutputPrefixBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(prefix, step);
        FrameFlags flags = last ? FrameFlags.Last : FrameFlags.None;
        return Socket.Send(FrameKind.Output, flags, Correlation, prefix, bytes);
    }

    public async ValueTask<bool> SendOutputAsync(uint step, ReadOnlyMemory<byte> bytes, bool last)
    {
        byte[] prefix = new byte[WireProtocol.OutputPrefixBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(prefix, step);
        ReadOnlyMemory<byte> rest = bytes;
        int waiting = 0;
        bool sent;
        try
        {
            do
            {
                int taken = Math.Min(rest.Length, Socket.OutputPieceMax);
                ReadOnlyMemory<byte> piece = rest[..taken];
                rest = rest[taken..];
                FrameFlags flags = last && rest.IsEmpty ? FrameFlags.Last : FrameFlags.None;
                ValueTask<bool> sending = IsAnswered
                    ? ValueTask.FromResult(false)
                    : Socket.SendAsync(FrameKind.Output, flags, Correlation, prefix, piece);
                if (!sending.IsCompleted && waiting == 0)
                {
                    // What waits for room takes the node's memory as what is queued does.
                    waiting = Math.Min(bytes.Length, Socket.WaitingBytesMax);
                    Socket.ChargeUnsent(waiting);
                }

                sent = await sending.ConfigureAwait(false);
            }
            while (sent && !rest.IsEmpty);
        }
        finally
        {
            Socket.ChargeUnsent(-waiting);
        }

        return sent;
    }

    public bool SendReceipt(ReadOnlySpan<byte> receipt)
    {
        Statements.Check(receipt.Length);
        return TakeAnswer()
            && Socket.Send(FrameKind.Receipt, FrameFlags.None, Correlation, default, receipt);
    }

    public bool SendError(ushort reason, string text, bool retryable) =>
        Refuse(reason, text, retryable);
}
