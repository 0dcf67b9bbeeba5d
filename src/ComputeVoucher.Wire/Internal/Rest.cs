using System;

namespace ComputeVoucher.Wire.Internal;

/// <summary>Keeps an account of work that must not take more than a quarter of the time. For one
/// caller at a time.</summary>
internal sealed class Rest(TimeProvider time)
{
    /// <summary>Of the work.</summary>
    private const int RestTimes = 3;

    /// <summary>Work that is rested from, of one piece, ms: a thread that lost its core in the
    /// middle has not worked all the while.</summary>
    private const int WorkMsMax = 5;

    /// <summary>Rest that is owed and not taken yet, ms: timers are no finer.</summary>
    private const int OwedMsMax = 2;

    private long _paidAt;

    /// <summary>Work that began then has ended.</summary>
    /// <returns>How long to rest now; zero while little is owed.</returns>
    public TimeSpan After(long begun)
    {
        long now = time.GetTimestamp();
        long most = time.TimestampFrequency * WorkMsMax / 1000;
        _paidAt = Math.Max(_paidAt, now) + RestTimes * Math.Min(now - begun, most);
        TimeSpan owed = time.GetElapsedTime(now, _paidAt);
        return owed.TotalMilliseconds < OwedMsMax ? TimeSpan.Zero : owed;
    }
}
