using System;
using System.Buffers;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace ComputeVoucher.Wire.Internal;

internal sealed partial class FrameSocket
{
    /// <summary>First buffer of an empty queue: a page holds a receipt and its output.</summary>
    private const int PendingBytesMin = 4096;

    /// <summary>
    /// One send, 64 KiB: the kernel reports no part of a send, so a bound on its size.
    /// </summary>
    private const int SliceBytes = 64 << 10;

    private byte[]? _pending;
    private int _pendingBytes;
    private long _queuedBytes;
    private int _uncharged;
    private bool _pumping;
    private int _blocks;
    private volatile bool _blocked;
    private TaskCompletionSource? _room;

    /// <summary>Most bytes of an answer in one frame: a stranger's is sent in pieces that leave
    /// room for its receipt.</summary>
    internal int OutputPieceMax =>
        _turns is null ? WireProtocol.OutputBytesMax : _limits.OutboundBytesStrangersMax / 4;

    /// <summary>Unsent bytes that end the connection.</summary>
    private int OutboundMax =>
        _turns is null ? _limits.OutboundBytesMax : _limits.OutboundBytesStrangersMax;

    /// <summary>Unsent bytes above which a stream waits: half, as of the whole.</summary>
    private int OutboundSoft =>
        _turns is null ? _limits.OutboundBytesSoft : _limits.OutboundBytesStrangersMax / 2;

    /// <summary>Most bytes that one answer counts for while it waits for room: a quarter of what
    /// one payer may hold, so that the longest answers of all reach who reads them.</summary>
    internal int WaitingBytesMax =>
        (int)Math.Min(_limits.HeldBytesPerAddressMax / 4, int.MaxValue);

    /// <summary>Something waits to be sent.</summary>
    internal bool IsSending
    {
        get
        {
            lock (_gate)
            {
                return _pumping;
            }
        }
    }

    /// <summary>What waits to be sent waits for the peer, who does not read.</summary>
    internal bool IsBlocked => _blocked;

    /// <summary>Until somebody pays, little may wait to be sent, and a frame is handled when no
    /// other stranger's is.</summary>
    /// <param name="turns">Of all strangers here: one at a time.</param>
    internal void BoundAsStrangers(Turns turns) => _turns = turns;

    internal void LiftStrangersBound() => _turns = null;

    private enum Append
    {
        Done,
        Wait,
        Gone,
        Overflow,
    }

    /// <summary>
    /// Queues a frame and sends it from this thread when nobody else is sending. More than the
    /// outbound cap unsent closes the connection. False: it is closing.
    /// </summary>
    internal bool Send(
        FrameKind kind,
        FrameFlags flags,
        uint correlation,
        ReadOnlySpan<byte> prefix,
        ReadOnlySpan<byte> payload)
    {
        Append result = TryAppend(
            kind, flags, correlation, prefix, payload, waits: false, out _, out bool start);
        if (result == Append.Overflow)
        {
            Abort(WireReason.OutboundFull);
        }

        if (start)
        {
            Forget(PumpAsync());
        }

        ChargeUnsent();
        return result == Append.Done;
    }

    /// <summary>As Send, but waits while more than the soft limit is unsent. Cancelled before it is
    /// queued, nothing of it is ever sent.</summary>
    internal async ValueTask<bool> SendAsync(
        FrameKind kind,
        FrameFlags flags,
        uint correlation,
        ReadOnlyMemory<byte> prefix,
        ReadOnlyMemory<byte> payload,
        CancellationToken cancellation = default)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            Append result = TryAppend(
                kind,
                flags,
                correlation,
                prefix.Span,
                payload.Span,
                waits: true,
                out Task? room,
                out bool start);
            if (start)
            {
                Forget(PumpAsync());
            }

            ChargeUnsent();
            if (room is null)
            {
                return result == Append.Done;
            }

            await room.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Sends an Error about one order or request (0: about the connection).</summary>
    internal bool SendError(uint correlation, ushort reason, string text, bool retryable)
    {
        Span<byte> payload = stackalloc byte[ErrorPayload.BytesMax];
        int length = ErrorPayload.Write(payload, reason, text);
        FrameFlags flags = retryable ? FrameFlags.Retryable : FrameFlags.None;
        return Send(FrameKind.Error, flags, correlation, default, payload[..length]);
    }

    private Append TryAppend(
        FrameKind kind,
        FrameFlags flags,
        uint correlation,
        ReadOnlySpan<byte> prefix,
        ReadOnlySpan<byte> payload,
        bool waits,
        out Task? room,
        out bool start)
    {
        room = null;
        start = false;
        int bytes = WireProtocol.HeaderBytes + prefix.Length + payload.Length;
        lock (_gate)
        {
            if (_state != State.Open)
            {
                return Append.Gone;
            }

            if (waits && _queuedBytes > OutboundSoft)
            {
                _room ??= new TaskCompletionSource(
                    TaskCreationOptions.RunContinuationsAsynchronously);
                room = _room.Task;
                return Append.Wait;
            }

            // One answer, whatever its length, may follow on nothing: who reads gets it.
            if (_queuedBytes > 0 && _queuedBytes + bytes > OutboundMax)
            {
                return Append.Overflow;
            }

            AppendFrame(kind, flags, correlation, prefix, payload);
            start = TakePump();
            return Append.Done;
        }
    }

    private void AppendFrame(
        FrameKind kind,
        FrameFlags flags,
        uint correlation,
        ReadOnlySpan<byte> prefix,
        ReadOnlySpan<byte> payload)
    {
        int length = prefix.Length + payload.Length;
        Span<byte> room = Reserve(WireProtocol.HeaderBytes + length);
        new FrameHeader((uint)length, kind, flags, 0, correlation).Write(room);
        prefix.CopyTo(room[WireProtocol.HeaderBytes..]);
        payload.CopyTo(room[(WireProtocol.HeaderBytes + prefix.Length)..]);
    }

    private void AppendError(uint correlation, ushort reason, string text, bool retryable)
    {
        Span<byte> payload = stackalloc byte[ErrorPayload.BytesMax];
        int length = ErrorPayload.Write(payload, reason, text);
        FrameFlags flags = retryable ? FrameFlags.Retryable : FrameFlags.None;
        AppendFrame(FrameKind.Error, flags, correlation, default, payload[..length]);
    }

    private Span<byte> Reserve(int bytes)
    {
        int needed = _pendingBytes + bytes;
        if (_pending is null || _pending.Length < needed)
        {
            int size = Math.Max(needed, _pending is null ? PendingBytesMin : _pending.Length * 2);
            byte[] larger = ArrayPool<byte>.Shared.Rent(size);
            _pending.AsSpan(0, _pendingBytes).CopyTo(larger);
            Interlocked.Add(ref _uncharged, larger.Length);
            ReturnUnsent(_pending);
            _pending = larger;
        }

        Span<byte> room = _pending.AsSpan(_pendingBytes, bytes);
        _pendingBytes = needed;
        _queuedBytes += bytes;
        return room;
    }

    /// <summary>Under the gate: true when the caller has to run the pump.</summary>
    private bool TakePump()
    {
        if (_pumping)
        {
            return false;
        }

        _pumping = true;
        return true;
    }

    private void WakeWriters()
    {
        _room?.TrySetResult();
        _room = null;
    }

    /// <summary>
    /// Sends until the queue is empty; exactly one runs at a time; throws nothing.
    /// </summary>
    private async Task PumpAsync()
    {
        byte[]? buffer = null;
        try
        {
            while (TakePending(out buffer, out int count))
            {
                for (int sent = 0; sent < count;)
                {
                    int slice = Math.Min(count - sent, SliceBytes);
                    ValueTask<int> sending = _socket.SendAsync(
                        buffer.AsMemory(sent, slice), SocketFlags.None);
                    if (!sending.IsCompleted)
                    {
                        _blocks++;
                        _blocked = true;
                    }

                    int taken = await sending.ConfigureAwait(false);
                    _blocked = false;
                    sent += taken;
                    NoteSent(taken);
                }

                ReturnUnsent(buffer);
                buffer = null;
                ChargeUnsent();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _blocked = false;
            ReturnUnsent(buffer);
            ChargeUnsent();
            Stop(WireReason.Disconnected);
        }
    }

    private void ReturnUnsent(byte[]? buffer)
    {
        Interlocked.Add(ref _uncharged, -(buffer?.Length ?? 0));
        Return(buffer);
    }

    /// <summary>Under the gate, at the end: nothing more is sent.</summary>
    private void DropPending()
    {
        ReturnUnsent(_pending);
        (_pending, _pendingBytes) = (null, 0);
    }

    /// <summary>Tells the owner what the queue takes. Outside of the gate, because others may be
    /// cut off to make room, and after a send that does not wait: it comes and goes untold.
    /// </summary>
    /// <param name="more">Bytes that somebody has ready for the queue, and waits with.</param>
    internal void ChargeUnsent(int more = 0)
    {
        int change = Interlocked.Exchange(ref _uncharged, 0) + more;
        if (change != 0 && !_sink.OnUnsentBytes(change))
        {
            Abort(WireReason.OutboundFull);
        }
    }

    private bool TakePending(out byte[]? buffer, out int count)
    {
        lock (_gate)
        {
            buffer = _pending;
            count = _pendingBytes;
            _pending = null;
            _pendingBytes = 0;
            if (count > 0)
            {
                return true;
            }

            _pumping = false;
            if (_state == State.Closing)
            {
                _socket.Shutdown(SocketShutdown.Send);
            }

            return false;
        }
    }

    private void NoteSent(int bytes)
    {
        lock (_gate)
        {
            _queuedBytes -= bytes;
            if (_queuedBytes <= OutboundSoft)
            {
                WakeWriters();
            }
        }
    }
}
