using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Ledger;
using ComputeVoucher.Vouchers;
using Microsoft.Extensions.Logging;

namespace ComputeVoucher.Node;

/// <summary>Looks at the chain again and again: channels, redemptions, transactions.</summary>
internal sealed class ChainPump
{
    /// <summary>Acked orders are removed so often.</summary>
    private static readonly TimeSpan s_pruneEvery = TimeSpan.FromMinutes(10);

    /// <summary>Dispute window (30 days at most) and order horizon, after which inputs may go.
    /// </summary>
    private const ulong KeepSeconds = 31 * 86_400;

    private readonly ChainService _service;
    private readonly LedgerStore _ledger;
    private readonly TimeSpan _poll;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Func<IReadOnlyList<StoredOrder>, int> _resume;
    private string? _problem;
    private string? _fault;
    private bool _isHeldBack;
    private long _rollbacks;

    /// <param name="service">What is stepped.</param>
    /// <param name="ledger">Whose disk may be full for a while.</param>
    /// <param name="poll">Between two steps.</param>
    /// <param name="time">Clock of the polls.</param>
    /// <param name="log">Where changes are told, once each.</param>
    /// <param name="resume">Runs orders without a receipt once more.</param>
    public ChainPump(ChainService service, LedgerStore ledger, TimeSpan poll,
        TimeProvider time, ILogger log, Func<IReadOnlyList<StoredOrder>, int> resume)
    {
        (_service, _ledger, _poll, _time, _log) = (service, ledger, poll, time, log);
        _resume = resume;
    }

    /// <summary>Runs until it is cancelled; a failed disk ends it, the node then only refuses.
    /// </summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        long pruned = _time.GetTimestamp();
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await RecoverAsync().ConfigureAwait(false);
                Note(await _service.StepAsync(cancel).ConfigureAwait(false));
                if (_time.GetElapsedTime(pruned) > s_pruneEvery)
                {
                    pruned = _time.GetTimestamp();
                    ulong now = (ulong)_time.GetUtcNow().ToUnixTimeSeconds();
                    await _ledger.PruneAsync(now, KeepSeconds).ConfigureAwait(false);
                }

                await Task.Delay(_poll, _time, cancel).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (LedgerException failure)
            {
                NoteLedger(failure.Message);
                await PauseAsync(cancel).ConfigureAwait(false);
            }
            catch (Exception failure)
            {
                _log.UnexpectedFailure("chain", Failure.Describe(failure));
                await PauseAsync(cancel).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// After a full disk: tries whether there is room (nobody else does where no orders come), and
    /// runs the orders again whose receipts never reached the disk, so that they can be
    /// acknowledged.
    /// </summary>
    private async Task RecoverAsync()
    {
        long rollbacks = _ledger.Figures.Rollbacks;
        if (_ledger.Status == LedgerStatus.Ready && rollbacks == _rollbacks)
        {
            NoteLedger(null);
            return;
        }

        IReadOnlyList<StoredOrder> unfinished = await _ledger.UnfinishedOrdersAsync()
            .ConfigureAwait(false);
        _rollbacks = rollbacks;
        NoteLedger(null);
        _log.LedgerRoom(_resume(unfinished));
    }

    /// <summary>A fault is told when it begins, not at every look.</summary>
    private void NoteLedger(string? fault)
    {
        if (fault is not null && fault != _fault)
        {
            if (_ledger.Status == LedgerStatus.Failed)
            {
                _log.LedgerFailed(fault);
            }
            else
            {
                _log.LedgerFull(fault);
            }
        }

        _fault = fault;
    }

    private async Task PauseAsync(CancellationToken cancel)
    {
        try
        {
            await Task.Delay(_poll, _time, cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The loop sees it.
        }
    }

    private void Note(ChainStep step)
    {
        foreach (ChannelRow row in step.Mirror.Changed)
        {
            if (row.Status == ChannelStatus.Open)
            {
                _log.ChannelSeen(row.Terms.HashStruct(), row.Locked, row.Redeemed);
            }
        }

        foreach (ChannelRow row in step.Mirror.Thawing)
        {
            _log.ThawSeen(row.Terms.HashStruct(), row.ThawAt);
        }

        foreach (OutboxEntry item in step.Submitted)
        {
            _log.BatchSubmitted(item.Id);
        }

        foreach (FeeDecision decision in _service.Outbox.Decisions)
        {
            _log.FeeDecided(decision);
        }

        if (_service.Redeemer.Waiting is { } reason && !_isHeldBack)
        {
            _log.HeldBack(reason);
        }

        _isHeldBack = _service.Redeemer.Waiting is not null;
        foreach (OutboxChange change in step.Changes)
        {
            _log.TransactionMoved(
                change.Entry.Id, change.Entry.Request.Kind, change.Entry.State.ToString(),
                change.Entry.Outcome.ToString());
        }

        string? problem = _service.Health.Problem;
        if (problem != _problem)
        {
            if (problem is null)
            {
                _log.ChainBack(_service.Mirror.Head?.Number ?? 0);
            }
            else
            {
                _log.ChainAway(problem);
            }
        }

        _problem = problem;
    }
}
