using System;
using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace ComputeVoucher.Wire.Internal;

/// <summary>
/// A socket that speaks frames: one receive loop, one outbound queue, the deadlines of both. The
/// client and the node share it. Sends may come from any thread.
/// </summary>
internal sealed partial class FrameSocket
{
    private readonly Socket _socket;
    private readonly FrameReader _reader;
    private readonly IFrameSink _sink;
    private readonly TimeProvider _time;
    private readonly WireLimits _limits;
    private readonly Lock _gate = new();
    private volatile State _state;
    private volatile ushort _reason;
    private long _closingSince;

    internal FrameSocket(
        Socket socket, WireRole remote, IFrameSink sink, TimeProvider time, WireLimits limits,
        int orderBytesMax = WireProtocol.FrameBytesMax)
    {
        _socket = socket;
        _reader = new FrameReader(remote, orderBytesMax);
        _sink = sink;
        _time = time;
        _limits = limits;
        _lastReceived = time.GetTimestamp();
        _opened = _lastReceived;
    }

    private enum State
    {
        Open,

        /// <summary>The last bytes go out, what comes in is thrown away.</summary>
        Closing,

        Stopped,
    }

    /// <summary>True until either side begins to close.</summary>
    internal bool IsOpen => _state == State.Open;

    /// <summary>Why it closed: 0 orderly, else a number of WireReason or of the owner.</summary>
    internal ushort Reason => _reason;

    /// <summary>Bytes rented for an unfinished frame.</summary>
    internal int HeldBytes => Volatile.Read(ref _heldBytes);

    /// <summary>When the unfinished frame began; 0 between frames.</summary>
    internal long FrameStarted => Volatile.Read(ref _frameStarted);

    /// <summary>The first frame has been handled: its deadline no longer applies.</summary>
    internal bool Greeted { get; set; }

    /// <summary>
    /// Sends a last Error (none where <paramref name="text"/> is null), then the end of the stream,
    /// and throws away what still arrives, so that the Error is not lost to a reset.
    /// </summary>
    internal void Close(ushort reason, string? text, bool retryable = false)
    {
        bool start;
        lock (_gate)
        {
            if (_state != State.Open)
            {
                return;
            }

            _reason = reason;
            _closingSince = _time.GetTimestamp();
            if (text is not null)
            {
                AppendError(0, reason, text, retryable);
            }

            _state = State.Closing;
            start = TakePump();
            WakeWriters();
        }

        _sink.OnClosing();
        if (start)
        {
            Forget(PumpAsync());
        }

        ChargeUnsent();
    }

    /// <summary>Cuts the connection off: queued bytes are lost, the peer sees a reset.</summary>
    internal void Abort(WireReason reason)
    {
        try
        {
            _socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Already gone: nothing lingers.
        }

        Stop(reason);
    }

    /// <summary>Ends it without a reset: what the kernel has taken still goes out.</summary>
    private void Stop(WireReason reason)
    {
        bool wasOpen;
        lock (_gate)
        {
            if (_state == State.Stopped)
            {
                return;
            }

            wasOpen = _state == State.Open;
            _reason = wasOpen ? (ushort)reason : _reason;
            _state = State.Stopped;
            DropPending();
            WakeWriters();
        }

        ChargeUnsent();

        if (wasOpen)
        {
            _sink.OnClosing();
        }

        _socket.Dispose();
    }

    /// <summary>A task that reports its own errors and is not waited for.</summary>
    private static void Forget(Task task) =>
        Debug.Assert(!task.IsFaulted, "the send loop lets no exception escape");

    private static void Return(byte[]? buffer)
    {
        if (buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

/// <summary>What a <see cref="FrameSocket"/> tells its owner.</summary>
internal interface IFrameSink
{
    /// <summary>One frame; reading goes on when the task is done. Never overlaps itself.</summary>
    ValueTask OnFrame(Frame frame);

    /// <summary>Memory rented for an unfinished frame changed. False: over the bound.</summary>
    bool OnHeldBytes(int change);

    /// <summary>Memory rented for what waits to be sent changed. False: over the bound.</summary>
    bool OnUnsentBytes(int change);

    /// <summary>So many bytes have arrived and are handled.</summary>
    void OnReceived(int bytes);

    /// <summary>The connection begins to close; once, on any thread.</summary>
    void OnClosing();

    /// <summary>The owner's own code threw while it handled a frame.</summary>
    void OnFault(Exception fault);
}
