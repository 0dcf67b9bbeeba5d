using System;
using System.Buffers;
using System.Threading;

namespace ComputeVoucher.Wire.Internal;

/// <summary>
/// What orders and requests share: a number on the connection, the bytes that came with it, and
/// exactly one final answer. The slot is free at the final answer, the bytes at Dispose or before.
/// </summary>
internal abstract class InFlight : IDisposable
{
    private readonly ServerConnection _connection;
    private readonly int _bytes;
    private byte[]? _buffer;
    private int _answered;

    private protected InFlight(ServerConnection connection, Frame frame)
    {
        _connection = connection;
        Kind = frame.Header.Kind;
        Correlation = frame.Header.Correlation;
        _bytes = frame.Payload.Length;
        _buffer = ArrayPool<byte>.Shared.Rent(_bytes);
        frame.Payload.CopyTo(_buffer);
    }

    public IWireConnection Connection => _connection;

    public FrameKind Kind { get; }

    public uint Correlation { get; }

    private protected FrameSocket Socket => _connection.Frames;

    private protected ReadOnlyMemory<byte> Bytes
    {
        get
        {
            byte[]? buffer = Volatile.Read(ref _buffer);
            ObjectDisposedException.ThrowIf(buffer is null, this);
            return buffer.AsMemory(0, _bytes);
        }
    }

    private protected bool IsAnswered => Volatile.Read(ref _answered) != 0;

    public void Dispose()
    {
        if (TakeAnswer())
        {
            const string text = "the node gave no answer; ask again";
            Socket.SendError(Correlation, (ushort)WireReason.Internal, text, retryable: true);
        }

        ReleaseInput();
    }

    /// <summary>The bytes are the node's again.</summary>
    public void ReleaseInput()
    {
        byte[]? buffer = Interlocked.Exchange(ref _buffer, null);
        if (buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            _connection.ReleaseHeld(_bytes);
        }
    }

    /// <summary>Sends the final Error.</summary>
    private protected bool Refuse(ushort reason, string text, bool retryable) =>
        TakeAnswer() && Socket.SendError(Correlation, reason, text, retryable);

    /// <summary>
    /// True once. The slot is freed before the answer is queued: a client that reads the answer
    /// may use the slot at once.
    /// </summary>
    private protected bool TakeAnswer()
    {
        if (Interlocked.Exchange(ref _answered, 1) != 0)
        {
            return false;
        }

        _connection.Finish(this);
        return true;
    }
}
