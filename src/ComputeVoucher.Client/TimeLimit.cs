using System;
using System.Threading;

namespace ComputeVoucher.Client;

/// <summary>A bound on waiting, by the caller's clock, that ends early with any of the caller's own
/// tokens.</summary>
internal sealed class TimeLimit : IDisposable
{
    /// <summary>Timers reach no further than 49 days; a node's horizon is shorter than this.
    /// </summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(30);

    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly TimeSpan _span;
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _either;

    /// <param name="time">Clock of the bound.</param>
    /// <param name="span">From now on; nothing or less is over at once.</param>
    /// <param name="outer">What ends it early.</param>
    public TimeLimit(TimeProvider time, TimeSpan span, params CancellationToken[] outer)
    {
        _time = time;
        _start = time.GetTimestamp();
        _span = span < TimeSpan.Zero ? TimeSpan.Zero : span > s_longest ? s_longest : span;
        _timer = new CancellationTokenSource(_span, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource([_timer.Token, .. outer]);
    }

    /// <summary>Cancelled when the time is over, or with one of the outer tokens.</summary>
    public CancellationToken Token => _either.Token;

    /// <summary>The time is over.</summary>
    public bool IsOver => _timer.IsCancellationRequested;

    /// <summary>Until then; never negative.</summary>
    public TimeSpan Left
    {
        get
        {
            TimeSpan left = _span - _time.GetElapsedTime(_start);
            return left < TimeSpan.Zero ? TimeSpan.Zero : left;
        }
    }

    public void Dispose()
    {
        _either.Dispose();
        _timer.Dispose();
    }
}
