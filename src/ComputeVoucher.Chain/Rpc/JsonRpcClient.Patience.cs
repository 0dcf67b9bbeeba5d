using System;
using System.Threading;
using System.Threading.Tasks;

namespace ComputeVoucher.Chain;

/// <summary>For whoever would rather wait than fail: faults of the moment are met by asking
/// again.</summary>
public sealed partial class JsonRpcClient
{
    /// <summary>Before the first repetition; each later one waits twice as long.</summary>
    private static readonly TimeSpan s_pauseFirst = TimeSpan.FromMilliseconds(250);

    /// <summary>What a provider's window of a rate limit usually is, twice.</summary>
    private static readonly TimeSpan s_pauseMax = TimeSpan.FromSeconds(2);

    private readonly RpcOptions _options;
    private readonly long _start;
    private volatile bool _isAnswered;

    /// <summary>What is left of <see cref="RpcOptions.Patience"/>.</summary>
    private TimeSpan PatienceLeft => _options.Patience - Time.GetElapsedTime(_start);

    private async Task<T> PatientlyAsync<T>(
        string method, Func<Task<T>> ask, CancellationToken cancel)
    {
        TimeSpan pause = s_pauseFirst;
        while (true)
        {
            try
            {
                T answer = await ask().ConfigureAwait(false);
                _isAnswered = true;
                return answer;
            }
            catch (ChainException e) when (IsWorthWaiting(method, e) && PatienceLeft > pause)
            {
                _options.OnWait?.Invoke(
                    $"{e.Message}; asking again, for {PatienceLeft.TotalSeconds:0} s at most");
            }

            await Task.Delay(pause, Time, cancel).ConfigureAwait(false);
            pause = pause * 2 < s_pauseMax ? pause * 2 : s_pauseMax;
        }
    }

    /// <summary>Whether the next moment may bring another answer. A URL that never answered is
    /// more likely wrong than away, and a limit that eth_getLogs meets is more likely the range's
    /// than the rate's.</summary>
    private bool IsWorthWaiting(string method, ChainException e) => e.Fault switch
    {
        ChainFault.Unreachable => _isAnswered,
        ChainFault.RateLimited => e.Code == 0 || method != "eth_getLogs",
        ChainFault.TimedOut or ChainFault.Unavailable or ChainFault.Malformed => true,
        _ => false,
    };
}
