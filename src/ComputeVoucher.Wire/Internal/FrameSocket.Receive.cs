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

    /// <summary>The same of a stranger, who may wait for a turn with it: 20 MiB where all of
    /// 10,240 do. Inside of a frame he has the turn before the buffer.</summary>
    private const int ReceiveBytesOfStrangers = 2 << 10;

    private long _lastReceived;
    private long _frameStarted;
    private long _receiveWindowStarted;
    private long _receivedInWindow;
    private int _heldBytes;
    private volatile bool _paused;
    private volatile Turns? _turns;

    /// <summary>Whether the bytes that are read, or the frame that is handled, have the strangers'
    /// turn.</summary>
    internal bool HasTurn { get; private set; }

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

    /// <summary>One frame, and every other connection has its turn before the next: one frame may
    /// cost a signature, and who sends many must not make the others wait for all of them. Of
    /// strangers one at a time has it in the whole node: a payer's frame waits for one of theirs
    /// at most, however many they are. Bytes of a frame that has begun are read in a turn too: a
    /// hundred megabytes a second of frames that never end keep a core busy. The turn is that of
    /// Task.Yield: ForceYielding queues to this very thread, which goes on at once.</summary>
    private async Task ReceiveAsync()
    {
        while (true)
        {
            // An empty receive completes when bytes are there: a silent peer costs no buffer.
            ValueTask<int> ready = _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
            if (ready.IsCompleted)
            {
                await Task.Yield();
            }

            await ready.ConfigureAwait(false);
            Turns? turns = _turns;
            bool goesOn = turns is not null && !_reader.IsIdle;
            if (goesOn)
            {
                await EnterTurnAsync(turns!).ConfigureAwait(false);
            }

            int room = turns is null || goesOn ? ReceiveBytes : ReceiveBytesOfStrangers;
            byte[] buffer = ArrayPool<byte>.Shared.Rent(room);
            try
            {
                ValueTask<int> receiving =
                    _socket.ReceiveAsync(buffer.AsMemory(0, room), SocketFlags.None);
                if (!receiving.IsCompleted)
                {
                    // The empty receive may end with nothing there: no turn is spent on waiting.
                    LeaveTurn(turns);
                }

                int count = await receiving.ConfigureAwait(false);
                if (count == 0)
                {
                    return;
                }

                Volatile.Write(ref _lastReceived, _time.GetTimestamp());
                await ProcessAsync(buffer, count, turns).ConfigureAwait(false);
            }
            finally
            {
                LeaveTurn(turns);
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    /// <summary>Back-pressure, too: the deadlines of the sender rest while it waits for others, and
    /// those of a frame that has begun end later by as much.</summary>
    private async ValueTask EnterTurnAsync(Turns turns)
    {
        long begun = _time.GetTimestamp();
        _paused = true;
        await turns.EnterAsync().ConfigureAwait(false);
        HasTurn = true;
        long now = _time.GetTimestamp();
        if (_frameStarted != 0)
        {
            Volatile.Write(ref _frameStarted, _frameStarted + (now - begun));
            Interlocked.Add(ref _receiveWindowStarted, now - begun);
        }

        Volatile.Write(ref _lastReceived, now);
        _paused = false;
    }

    private void LeaveTurn(Turns? turns)
    {
        if (HasTurn)
        {
            HasTurn = false;
            turns!.Leave();
        }
    }

    private async ValueTask ProcessAsync(byte[] buffer, int count, Turns? turns)
    {
        int at = 0;
        while (at < count && IsOpen)
        {
            // Who has paid meanwhile waits for nobody.
            if (!HasTurn && _turns is not null && _reader.MayEndWithin(count - at))
            {
                await EnterTurnAsync(turns!).ConfigureAwait(false);
            }

            if (!IsOpen)
            {
                // Evicted while it waited: nothing more is signed or recovered for it.
                break;
            }

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
            finally
            {
                LeaveTurn(turns);
            }

            if (at < count)
            {
                await Task.Yield();
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

    /// <summary>Handles the next frame, where the bytes hold its end.</summary>
    private ValueTask Step(ReadOnlySpan<byte> bytes, out int used)
    {
        ReadOnlySpan<byte> rest = bytes;
        FrameStatus status = _reader.Read(ref rest, out Frame frame);
        used = status == FrameStatus.Frame ? bytes.Length - rest.Length : bytes.Length;
        if (status == FrameStatus.Refused)
        {
            Close((ushort)_reader.Refusal, Describe(_reader.Refusal));
        }

        if (status != FrameStatus.Frame)
        {
            return default;
        }

        _frameStarted = 0;
        _paused = true;
        ValueTask handled = _sink.OnFrame(frame);
        if (handled.IsCompletedSuccessfully)
        {
            _paused = false;
        }

        return handled;
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
