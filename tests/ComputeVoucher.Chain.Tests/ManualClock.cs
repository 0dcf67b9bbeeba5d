using System;

namespace ComputeVoucher.Chain.Tests;

/// <summary>A clock that moves when it is told to.</summary>
internal sealed class ManualClock : TimeProvider
{
    private TimeSpan _elapsed;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _elapsed.Ticks;

    public override DateTimeOffset GetUtcNow() =>
        DateTimeOffset.FromUnixTimeSeconds(1_800_000_000) + _elapsed;

    public void Advance(int seconds) => _elapsed += TimeSpan.FromSeconds(seconds);
}
