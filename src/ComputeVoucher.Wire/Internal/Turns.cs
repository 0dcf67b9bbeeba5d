using System;
using System.Diagnostics.CodeAnalysis;
using System.Threading;
using System.Threading.Tasks;

namespace ComputeVoucher.Wire.Internal;

/// <summary>One at a time, first come, first served, and together no more than a quarter of one
/// core's time: who works for strangers rests three times as long as he worked, so that however
/// many they are the cores are free for payers. Thread safe.</summary>
[SuppressMessage(
    "Reliability",
    "CA1001",
    Justification = "the semaphore makes no wait handle: nothing to free")]
internal sealed class Turns(TimeProvider time)
{
    private readonly SemaphoreSlim _one = new(1);
    private readonly Rest _rest = new(time);
    private long _begun;

    public async ValueTask EnterAsync()
    {
        await _one.WaitAsync().ConfigureAwait(false);
        _begun = time.GetTimestamp();
    }

    /// <summary>Returns at once; the next one enters when the rest is over.</summary>
    public void Leave()
    {
        TimeSpan rest = _rest.After(_begun);
        if (rest == TimeSpan.Zero)
        {
            _one.Release();
        }
        else
        {
            _ = ReleaseAfterAsync(rest);
        }
    }

    private async Task ReleaseAfterAsync(TimeSpan rest)
    {
        await Task.Delay(rest, time).ConfigureAwait(false);
        _one.Release();
    }
}
