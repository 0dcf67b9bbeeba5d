using System;

namespace ComputeVoucher.Client;

/// <summary>Pauses between attempts: short at first, for what is over in a moment, and twice as
/// long each time, so that a node that is busy or away is not asked twenty times a second.
/// </summary>
internal struct BackOff
{
    /// <summary>A round trip on a slow link.</summary>
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest that a node which is back has to wait for us.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(2);

    private TimeSpan _last;

    /// <summary>The next pause, at most what is left.</summary>
    public TimeSpan Next(TimeSpan left)
    {
        _last = _last == TimeSpan.Zero ? s_first : 2 * _last;
        _last = _last > s_longest ? s_longest : _last;
        return _last < left ? _last : left;
    }
}
