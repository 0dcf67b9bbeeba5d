using System;
using ComputeVoucher.Chain;
using ComputeVoucher.Ledger;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node;

/// <summary>Whether new orders are taken, and the line that says why not.</summary>
internal sealed class Readiness
{
    /// <summary>
    /// Seconds that the clock may be behind the newest block. No chain takes a block from the far
    /// future, so behind it the clock is wrong, and thaws are misjudged by as much; 120 as in
    /// <c>doctor</c>. A clock ahead of the chain looks like a head that stands still.
    /// </summary>
    public const long ClockBehindSecondsMax = 120;

    private readonly LedgerStore _ledger;
    private readonly ChainService _chain;
    private readonly TimeProvider _time;

    public Readiness(LedgerStore ledger, ChainService chain, TimeProvider time) =>
        (_ledger, _chain, _time) = (ledger, chain, time);

    /// <summary>Set once, when the node begins to end.</summary>
    public bool IsDraining { get; set; }

    /// <summary>How far the clock is behind the newest block that was seen, s; 0 when it is not.
    /// </summary>
    public long ClockBehindSeconds
    {
        get
        {
            ulong block = _chain.Mirror.Head?.Timestamp ?? 0;
            long now = _time.GetUtcNow().ToUnixTimeSeconds();
            return Math.Max(0, (long)Math.Min(block, long.MaxValue) - now);
        }
    }

    /// <summary>Why no new order is taken now; None while all is well.</summary>
    public RefusalReason Refusal()
    {
        if (IsDraining)
        {
            return RefusalReason.Draining;
        }

        if (_ledger.Status == LedgerStatus.Failed)
        {
            return RefusalReason.StorageFailed;
        }

        return _chain.Health.IsAccepting && ClockBehindSeconds <= ClockBehindSecondsMax
            ? RefusalReason.None
            : RefusalReason.ChainUnavailable;
    }

    /// <summary>One line on why the node is not ready; null while it is.</summary>
    public string? Problem()
    {
        RefusalReason refusal = Refusal();
        return refusal switch
        {
            RefusalReason.None => _ledger.Status == LedgerStatus.Ready ? null : _ledger.Fault,
            RefusalReason.ChainUnavailable => ChainProblem(),
            RefusalReason.StorageFailed => _ledger.Fault,
            _ => Refusals.Describe(refusal),
        };
    }

    private string ChainProblem() => ClockBehindSeconds > ClockBehindSecondsMax
        ? $"the clock is {ClockBehindSeconds} s behind the newest block (set the clock)"
        : _chain.Health.Problem ?? Refusals.Describe(RefusalReason.ChainUnavailable);
}
