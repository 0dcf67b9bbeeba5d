using System;

namespace ComputeVoucher.Wire.Internal;

/// <summary>Keeps an account of work that must not take more than half of the time. For one caller
/// at a time.</summary>
internal sealed class Rest(TimeProvider time)
{
    /// <summary>Rest from one piece of work at most, ms: a thread that lost its core in the middle
    /// has not worked all the while.</summary>
    private const int RestMsMax = 10;

    /// <summary>Rest that is owed and not taken yet, ms: timers are no finer.</summary>
    private const int OwedMsMax = 2;

    private long _paidAt;

    /// <summary>Work that began then has ended.</summary>
    /// <returns>How long to rest now; zero while little is owed.</returns>
    public TimeSpan After(long begun)
    {
        long now = time.GetTimestamp();
        long most = time.TimestampFrequency * RestMsMax / 1000;
        _paidAt = Math.Max(_paidAt, now) + Math.Min(now - begun, most);
        TimeSpan owed = time.GetElapsedTime(now, _paidAt);
        return owed.TotalMilliseconds < OwedMsMax ? TimeSpan.Zero : owed;
    }
}
