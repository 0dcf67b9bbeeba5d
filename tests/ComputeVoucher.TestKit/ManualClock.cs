using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace ComputeVoucher.TestKit;

/// <summary>
/// A clock that moves only when the test says so; its timers fire inside Advance, on the thread
/// that advances. A test that never advances it has no deadline that a busy machine could miss.
/// </summary>
public sealed class ManualClock : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<Timer> _timers = [];

    // Not 0, which some code takes for "not yet".
    private long _ticks = TimeSpan.TicksPerDay;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Timers that wait to fire.</summary>
    public int Armed
    {
        get
        {
            lock (_gate)
            {
                return _timers.FindAll(timer => timer.IsArmed).Count;
            }
        }
    }

    public override long GetTimestamp() => Interlocked.Read(ref _ticks);

    public override DateTimeOffset GetUtcNow() =>
        DateTimeOffset.FromUnixTimeSeconds(1_800_000_000).AddTicks(GetTimestamp());

    public override ITimer CreateTimer(
        TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Timer timer = new(this, callback, state);
        timer.Change(dueTime, period);
        lock (_gate)
        {
            _timers.Add(timer);
        }

        return timer;
    }

    /// <summary>Moves on in steps of 100 ms, firing what is due at each.</summary>
    public void Advance(TimeSpan by)
    {
        long end = GetTimestamp() + by.Ticks;
        while (GetTimestamp() < end)
        {
            long step = Math.Min(end - GetTimestamp(), TimeSpan.TicksPerMillisecond * 100);
            Interlocked.Add(ref _ticks, step);
            Timer[] timers;
            lock (_gate)
            {
                timers = [.. _timers];
            }

            foreach (Timer timer in timers)
            {
                timer.FireIfDue(GetTimestamp());
            }
        }
    }

    public void Advance(int seconds) => Advance(TimeSpan.FromSeconds(seconds));

    private sealed class Timer(ManualClock owner, TimerCallback callback, object? state) : ITimer
    {
        private long _due = long.MaxValue;
        private long _period;

        public bool IsArmed => Volatile.Read(ref _due) != long.MaxValue;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period.Ticks;
            Volatile.Write(
                ref _due,
                dueTime < TimeSpan.Zero ? long.MaxValue : owner.GetTimestamp() + dueTime.Ticks);
            return true;
        }

        public void FireIfDue(long now)
        {
            if (now < Volatile.Read(ref _due))
            {
                return;
            }

            Volatile.Write(ref _due, _period > 0 ? now + _period : long.MaxValue);
            callback(state);
        }

        public void Dispose()
        {
            lock (owner._gate)
            {
                owner._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
