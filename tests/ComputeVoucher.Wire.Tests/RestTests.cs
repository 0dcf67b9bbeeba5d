using System;
using ComputeVoucher.TestKit;
using ComputeVoucher.Wire.Internal;

namespace ComputeVoucher.Wire.Tests;

/// <summary>Who works for strangers rests three times as long as he worked.</summary>
[Trait("Category", "load")]
public sealed class RestTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public void LittleWork_IsOwedUntilItIsWorthATimer()
    {
        Rest rest = new(_clock);
        Assert.Equal(TimeSpan.Zero, Work(rest, microseconds: 500));
        Assert.Equal(TimeSpan.FromMicroseconds(2_500), Work(rest, microseconds: 500));
        Pass(2_500);
        Assert.Equal(TimeSpan.Zero, Work(rest, microseconds: 500));
    }

    [Fact]
    public void WorkOfAQuarterOfTheTime_OwesNothing()
    {
        Rest rest = new(_clock);
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(TimeSpan.Zero, Work(rest, microseconds: 500));
            Pass(1_500);
        }
    }

    /// <summary>A thread that lost its core has not worked all the while.</summary>
    [Fact]
    public void LongWork_IsNotRestedFromWhole()
    {
        Rest rest = new(_clock);
        Assert.Equal(TimeSpan.FromMilliseconds(15), Work(rest, microseconds: 5_000_000));
    }

    private TimeSpan Work(Rest rest, int microseconds)
    {
        long begun = _clock.GetTimestamp();
        Pass(microseconds);
        return rest.After(begun);
    }

    private void Pass(int microseconds) =>
        _clock.Advance(TimeSpan.FromMicroseconds(microseconds));
}
