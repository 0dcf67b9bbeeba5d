using System;
using ComputeVoucher.TestKit;
using ComputeVoucher.Wire.Internal;

namespace ComputeVoucher.Wire.Tests;

/// <summary>Who works for strangers rests as long as he worked.</summary>
[Trait("Category", "load")]
public sealed class RestTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public void LittleWork_IsOwedUntilItIsWorthATimer()
    {
        Rest rest = new(_clock);
        Assert.Equal(TimeSpan.Zero, Work(rest, milliseconds: 1));
        Assert.Equal(TimeSpan.FromMilliseconds(2), Work(rest, milliseconds: 2));
        Pass(2);
        Assert.Equal(TimeSpan.Zero, Work(rest, milliseconds: 1));
    }

    [Fact]
    public void WorkNowAndThen_OwesNothing()
    {
        Rest rest = new(_clock);
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(TimeSpan.Zero, Work(rest, milliseconds: 1));
            Pass(1);
        }
    }

    /// <summary>A thread that lost its core has not worked all the while.</summary>
    [Fact]
    public void LongWork_IsNotRestedFromWhole()
    {
        Rest rest = new(_clock);
        Assert.Equal(TimeSpan.FromMilliseconds(10), Work(rest, milliseconds: 5_000));
    }

    private TimeSpan Work(Rest rest, int milliseconds)
    {
        long begun = _clock.GetTimestamp();
        Pass(milliseconds);
        return rest.After(begun);
    }

    private void Pass(int milliseconds) =>
        _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
}
