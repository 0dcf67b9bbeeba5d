using System;

namespace ComputeVoucher.Chain;

/// <summary>How many blocks one eth_getLogs covers: halved by a refusal, doubled again when it went
/// well for a while. "Too many results" has as many wordings as there are providers, so any refusal
/// counts; because it grows again, a passing rate limit costs a handful of queries.</summary>
internal sealed class LogRange(ulong max)
{
    // Answers in a row after which a larger range is tried: against an endpoint with a fixed
    // limit, one query in nine is refused.
    private const int CalmAnswers = 8;

    private readonly ulong _max = Math.Max(1, max);
    private ulong _blocks = Math.Max(1, max);
    private int _calm;
    private bool _isLimited;

    /// <summary>The last block of a range that begins at <paramref name="from"/>.</summary>
    public ulong End(ulong from, ulong to) => to - from < _blocks ? to : from + _blocks - 1;

    public void Answered()
    {
        _isLimited = false;
        if (_blocks < _max && ++_calm == CalmAnswers)
        {
            _blocks = Math.Min(_max, 2 * _blocks);
            _calm = 0;
        }
    }

    /// <summary>A rate limit once is one of requests, and says nothing of the blocks; twice at the
    /// same place may mean them after all.</summary>
    public void Limited()
    {
        if (_isLimited)
        {
            TryShrink();
        }

        _isLimited = !_isLimited;
    }

    /// <summary>False where it is a single block already.</summary>
    public bool TryShrink()
    {
        _calm = 0;
        if (_blocks == 1)
        {
            return false;
        }

        _blocks /= 2;
        return true;
    }
}
