using System;
using System.Buffers;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace ComputeVoucher.Wire.Internal;

internal sealed partial class FrameSocket
{
    /// <summary>
    /// One receive, 16 KiB: a hundred small orders, an eighth of the soft outbound limit.
    /// </summary>
    private const int ReceiveBytes = 16 << 10;

    /// <summary>Receives in a row before other connections of the thread get their turn.</summary>
    private const int ReceivesBeforeYield = 16;

    private long _lastReceived;
    private long _frameStarted;
    private long _receiveWindowStarted;
    private long _receivedInWindow;
    private int _heldBytes;
    private volatile bool _paused;

    /// <summary>Reads until the connection ends, either way; throws nothing.</summary>
    internal async Task RunAsync()
    {
        try
        {
            await ReceiveAsync().ConfigureAwait(false);

            // The end of the stream between two frames is the peer's orderly goodbye.
            Stop(_reader.IsIdle ? WireReason.None : WireReason.Disconnected);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Stop(WireReason.Disconnected);
        }
        finally
        {
            Stop(WireReason.Internal);
            ChargeHeld(0);
            _reader.Release();
        }
    }

    private async Task ReceiveAsync()
    {
        for (int turn = 1; ; turn++)
        {
            // An empty receive completes when bytes are there: a silent peer costs no buffer.
            await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None).ConfigureAwait(false);
            byte[] buffer = ArrayPool<byte>.Shared.Rent(ReceiveBytes);
            try
            {
                int count = await _socket
                    .ReceiveAsync(buffer.AsMemory(0, ReceiveBytes), SocketFlags.None)
                    .ConfigureAwait(false);
                if (count == 0)
                {
                    return;
                }

                Volatile.Write(ref _lastReceived, _time.GetTimestamp());
                await ProcessAsync(buffer, count).ConfigureAwait(false);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }

            if (turn % ReceivesBeforeYield == 0)
            {
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            }
        }
    }

    private async ValueTask ProcessAsync(byte[] buffer, int count)
    {
        int at = 0;
        while (at < count && IsOpen)
        {
            try
            {
                ValueTask handled = Step(buffer.AsSpan(at, count - at), out int used);
                at += used;
                if (!handled.IsCompletedSuccessfully)
                {
                    await HandleSlowlyAsync(handled).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (e is not SocketException and not ObjectDisposedException)
            {
                _paused = false;
                _sink.OnFault(e);
                Close((ushort)WireReason.Internal, "the node failed to handle a frame", true);
            }
        }

        if (IsOpen)
        {
            _reader.ReleaseReturned();
        }
        else
        {
            _reader.Release();
            ChargeHeld(0);
        }

        NoteProgress(count);
        if (IsOpen && !ChargeHeld(_reader.HeldBytes))
        {
            Close((ushort)WireReason.Busy, "the node holds as many bytes as it may", true);
        }

        _sink.OnReceived(count);
    }

    /// <summary>
    /// Back-pressure: the deadlines of the sender rest while we are the slow side.
    /// </summary>
    private async ValueTask HandleSlowlyAsync(ValueTask handled)
    {
        try
        {
            await handled.ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _lastReceived, _time.GetTimestamp());
            _paused = false;
        }
    }

    /// <summary>
    /// Handles frames until one takes time, the bytes are used up, or they are refused.
    /// </summary>
    private ValueTask Step(ReadOnlySpan<byte> bytes, out int used)
    {
        ReadOnlySpan<byte> rest = bytes;
        while (true)
        {
            switch (_reader.Read(ref rest, out Frame frame))
            {
                case FrameStatus.NeedMore:
                    used = bytes.Length;
                    return default;
                case FrameStatus.Refused:
                    used = bytes.Length;
                    Close((ushort)_reader.Refusal, Describe(_reader.Refusal));
                    return default;
                default:
                    used = bytes.Length - rest.Length;
                    _frameStarted = 0;
                    _paused = true;
                    ValueTask handled = _sink.OnFrame(frame);
                    if (!handled.IsCompletedSuccessfully)
                    {
                        return handled;
                    }

                    _paused = false;
                    if (rest.IsEmpty || !IsOpen)
                    {
                        return default;
                    }

                    break;
            }
        }
    }

    /// <summary>Keeps the clocks of the rule for slow senders: see <see cref="Sweep"/>.</summary>
    private void NoteProgress(int count)
    {
        if (_reader.IsIdle)
        {
            Volatile.Write(ref _frameStarted, 0);
            return;
        }

        if (_frameStarted == 0)
        {
            long now = _time.GetTimestamp();
            _receivedInWindow = 0;
            Volatile.Write(ref _receiveWindowStarted, now);
            Volatile.Write(ref _frameStarted, now);
        }
        else
        {
            Interlocked.Add(ref _receivedInWindow, count);
        }
    }

    private bool ChargeHeld(int heldBytes)
    {
        int change = heldBytes - _heldBytes;
        if (change == 0)
        {
            return true;
        }

        Volatile.Write(ref _heldBytes, heldBytes);
        return _sink.OnHeldBytes(change);
    }

    private static string Describe(WireReason reason) => reason switch
    {
        WireReason.BadFirstFrame => "the first frame is not a Hello of this protocol",
        WireReason.UnknownKind =>
            "unknown frame kind, or one that does not come from this side now",
        WireReason.UnknownFlags => "unknown flag, or the reserved field is not zero",
        WireReason.BadLength => "payload length outside the bounds of its kind",
        WireReason.BadCorrelation => "correlation id does not fit the kind",
        _ => "payload fields contradict each other",
    };
}
