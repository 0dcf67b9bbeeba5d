using System;
using System.Buffers.Binary;
using System.Net.Sockets;
using System.Threading;

namespace ComputeVoucher.Wire.Internal;

internal sealed partial class FrameSocket
{
    /// <summary>Acknowledged bytes that count as hearing from the peer: the smallest segment that
    /// every host takes (RFC 1122, 3.3.3); pings, which go out in silence too, stay far below it.
    /// </summary>
    private const ulong HeardBytesMin = 536;

    private readonly long _opened;
    private long _lastPing;
    private int _blockSeen;
    private long _sendWindowStarted;
    private ulong _ackedAtStart;
    private ulong? _ackedInSilence;

    /// <summary>When something arrived last, or what we send was last seen to arrive, in ticks of
    /// the clock; at first when it opened.</summary>
    internal long LastReceived => Volatile.Read(ref _lastReceived);

    /// <summary>How long nothing has arrived.</summary>
    internal TimeSpan Silence(long now) =>
        _time.GetElapsedTime(Volatile.Read(ref _lastReceived), now);

    /// <summary>
    /// Looks at every deadline; called every <see cref="WireLimits.SweepMs"/> by one timer for all
    /// connections, so that an idle connection owns no timer.
    /// </summary>
    internal void Sweep(long now)
    {
        switch (_state)
        {
            case State.Open:
                SweepOpen(now);
                break;
            case State.Closing when Passed(_closingSince, now, _limits.LingerMsMax):
                Abort(WireReason.Disconnected);
                break;
        }
    }

    private void SweepOpen(long now)
    {
        if (!Greeted && Passed(_opened, now, _limits.FirstFrameMsMax))
        {
            Close((ushort)WireReason.FirstFrameLate, "the first frame did not arrive in time");
        }
        else if (IsReadTooSlowly(now))
        {
            Abort(WireReason.SlowRead);
        }
        else if (!_paused)
        {
            SweepReceiving(now);
        }
    }

    private void SweepReceiving(long now)
    {
        HearProgress(now);
        if (IsSentTooSlowly(now))
        {
            Close((ushort)WireReason.SlowSend, "the frame arrives too slowly");
        }
        else if (Passed(Volatile.Read(ref _lastReceived), now, _limits.SilenceMsMax))
        {
            Close((ushort)WireReason.Silent, "nothing arrived, pings included");
        }
        else if (Greeted
            && Passed(Volatile.Read(ref _lastReceived), now, _limits.PingAfterMs)
            && Passed(_lastPing, now, _limits.PingAfterMs))
        {
            _lastPing = now;
            Span<byte> nothing = stackalloc byte[WireProtocol.PingBytes];
            nothing.Clear();
            Send(FrameKind.Ping, FrameFlags.None, 0, default, nothing);
        }
    }

    /// <summary>While a long frame goes up a slow link, the peer's answers wait behind it: that its
    /// kernel takes the bytes is all that is heard of it. Looked at in silence only, and ends where
    /// the peer no longer empties its kernel's buffer.</summary>
    private void HearProgress(long now)
    {
        if (!Passed(Volatile.Read(ref _lastReceived), now, _limits.PingAfterMs))
        {
            _ackedInSilence = null;
            return;
        }

        ulong acked = AckedBytes();
        if (_ackedInSilence is not { } before)
        {
            _ackedInSilence = acked;
        }
        else if (acked >= before + HeardBytesMin)
        {
            _ackedInSilence = null;
            Volatile.Write(ref _lastReceived, now);
        }
    }

    /// <summary>
    /// An unfinished frame must be finished within its deadline, and each whole window must bring
    /// its share of bytes: an average since the start would let a fast start pay for a long stall.
    /// </summary>
    private bool IsSentTooSlowly(long now)
    {
        long started = Volatile.Read(ref _frameStarted);
        if (started == 0)
        {
            return false;
        }

        if (Passed(started, now, _limits.FrameMsMax))
        {
            return true;
        }

        if (!Passed(Volatile.Read(ref _receiveWindowStarted), now, _limits.RateWindowMs))
        {
            return false;
        }

        Volatile.Write(ref _receiveWindowStarted, now);
        return Interlocked.Exchange(ref _receivedInWindow, 0) < WindowBytesMin;
    }

    /// <summary>
    /// While a send waits for the peer, each window must move its share of bytes. What moved is
    /// what the peer's kernel has acknowledged: a slow link drains our kernel's buffer in lumps far
    /// apart, and must not be taken for a peer that does not read.
    /// </summary>
    private bool IsReadTooSlowly(long now)
    {
        if (!_blocked || Volatile.Read(ref _blocks) != _blockSeen)
        {
            _blockSeen = _blocked ? Volatile.Read(ref _blocks) : 0;
            _sendWindowStarted = now;
            _ackedAtStart = _blocked ? AckedBytes() : 0;
            return false;
        }

        if (!Passed(_sendWindowStarted, now, _limits.RateWindowMs))
        {
            return false;
        }

        ulong acked = AckedBytes();
        bool slow = acked - _ackedAtStart < (ulong)WindowBytesMin;
        _sendWindowStarted = now;
        _ackedAtStart = acked;
        return slow;
    }

    /// <summary>
    /// tcpi_bytes_acked of tcp_info (linux/tcp.h, since 4.1); 0 where it is not to be had, so that
    /// a send that waits for a whole window then counts as slow.
    /// </summary>
    private ulong AckedBytes()
    {
        const int levelTcp = 6;
        const int optionTcpInfo = 11;
        const int offset = 120;
        Span<byte> info = stackalloc byte[offset + sizeof(ulong)];
        try
        {
            int length = _socket.GetRawSocketOption(levelTcp, optionTcpInfo, info);
            return length == info.Length
                ? BinaryPrimitives.ReadUInt64LittleEndian(info[offset..])
                : 0;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return 0;
        }
    }

    private long WindowBytesMin =>
        (long)_limits.RateBytesPerSecondMin * _limits.RateWindowMs / 1000;

    private bool Passed(long since, long now, int limitMs) =>
        _time.GetElapsedTime(since, now).TotalMilliseconds >= limitMs;
}
