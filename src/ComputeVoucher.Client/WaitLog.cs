using System;
using System.Collections.Generic;
using System.Threading;

namespace ComputeVoucher.Client;

/// <summary>What a client waits for, and how long it still does.</summary>
/// <param name="For">One clause; words of the node may be in it.</param>
/// <param name="Left">Until it gives up.</param>
public readonly record struct WaitNotice(string For, TimeSpan Left);

/// <summary>Tells the holder why nothing happens: at once where the reason is known, after a while
/// where a node just does not answer. Many waits for one thing are told once. Thread safe.
/// </summary>
internal sealed class WaitLog : IDisposable
{
    /// <summary>An answer that comes within it needs no word.</summary>
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(5);

    /// <summary>The same wait is told again after it.</summary>
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(30);

    /// <summary>How often silent waits are looked at.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly HashSet<Wait> _waits = [];
    private readonly TimeProvider _time;
    private readonly Action<WaitNotice>? _told;
    private readonly ITimer? _timer;
    private string? _last;
    private long _lastAt;

    /// <param name="time">Clock.</param>
    /// <param name="told">Hears of it, on any thread; null where nobody does.</param>
    public WaitLog(TimeProvider time, Action<WaitNotice>? told)
    {
        (_time, _told) = (time, told);
        _timer = told is null ? null : time.CreateTimer(_ => Look(), null, s_look, s_look);
    }

    /// <summary>A reason that is known.</summary>
    public void Say(string what, TimeSpan left)
    {
        lock (_lock)
        {
            if (_told is null
                || (what == _last && _time.GetElapsedTime(_lastAt) < s_again))
            {
                return;
            }

            (_last, _lastAt) = (what, _time.GetTimestamp());
        }

        _told(new WaitNotice(what, left));
    }

    /// <summary>A wait for an answer, until it is disposed of.</summary>
    /// <param name="what">What the node owes; one with a number is told with it.</param>
    /// <param name="seq">The number of an order.</param>
    public Wait Begin(string what, ulong? seq = null)
    {
        Wait wait = new(this, what, seq);
        if (_told is not null)
        {
            lock (_lock)
            {
                _waits.Add(wait);
            }
        }

        return wait;
    }

    public void Dispose() => _timer?.Dispose();

    /// <summary>Tells of the wait that has been silent longest.</summary>
    private void Look()
    {
        Wait? longest = null;
        lock (_lock)
        {
            foreach (Wait wait in _waits)
            {
                longest = longest is null || wait.Since < longest.Since ? wait : longest;
            }
        }

        if (longest is { Limit: { } limit } && _time.GetElapsedTime(longest.Since) >= s_quiet)
        {
            Say($"the node has not answered {longest.What} yet", limit.Left);
        }
    }

    /// <summary>One thing that the node owes.</summary>
    internal sealed class Wait(WaitLog log, string what, ulong? seq) : IDisposable
    {
        private long _since = log._time.GetTimestamp();

        public string What => seq is null ? what : $"{what} {seq}";

        /// <summary>When the node gave a sign of it last.</summary>
        public long Since => Volatile.Read(ref _since);

        /// <summary>How long it is waited for.</summary>
        public TimeLimit? Limit { get; set; }

        /// <summary>The node gave a sign.</summary>
        public void Touch() => Volatile.Write(ref _since, log._time.GetTimestamp());

        public void Dispose()
        {
            lock (log._lock)
            {
                log._waits.Remove(this);
            }
        }
    }
}
