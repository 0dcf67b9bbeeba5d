using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;
using Microsoft.Extensions.Logging;

namespace ComputeVoucher.Node;

/// <summary>Looks at the chain again and again: channels, redemptions, transactions.</summary>
internal sealed class ChainPump
{
    /// <summary>Acked orders are removed so often.</summary>
    private static readonly TimeSpan s_pruneEvery = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Grace after an order's deadline, s, before it counts as a loss. Four hours: a client that
    /// was cut off comes back and acknowledges, a thief does not.
    /// </summary>
    private const ulong LossGraceSeconds = 4 * 3_600;

    /// <summary>Questions of operators that may wait; more come from a script gone wild.</summary>
    private const int AskedMax = 8;

    private readonly ChainService _service;
    private readonly LedgerStore _ledger;
    private readonly TimeSpan _poll;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Func<IReadOnlyList<StoredOrder>, int> _resume;
    private readonly Channel<Func<CancellationToken, Task>> _asked =
        Channel.CreateBounded<Func<CancellationToken, Task>>(AskedMax);

    private readonly HashSet<Bytes32> _behind = [];
    private readonly OnceTold _problem;
    private readonly OnceTold _notice;
    private readonly OnceTold _court;
    private string? _fault;
    private bool _isHeldBack;
    private long _rollbacks;
    private bool _isReady;

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
        (_problem, _notice, _court) = (new OnceTold(time), new OnceTold(time), new OnceTold(time));
    }

    /// <summary>What is looked at after each step; null where nobody asks.</summary>
    public MoneyWatch? Money { get; init; }

    /// <summary>What is looked at after each step; null where no class has a court.</summary>
    public Courtroom? Courts { get; init; }

    /// <summary>Told in the log when it turns; null where nobody asks.</summary>
    public Readiness? Readiness { get; set; }

    /// <summary>Does something with the chain between two steps, because only one may drive it.
    /// </summary>
    /// <exception cref="NodeException">Too many questions wait already.</exception>
    public Task<T> BetweenStepsAsync<T>(Func<CancellationToken, Task<T>> work)
    {
        TaskCompletionSource<T> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        bool isAsked = _asked.Writer.TryWrite(async cancel =>
        {
            try
            {
                answer.SetResult(await work(cancel).ConfigureAwait(false));
            }
            catch (Exception failure)
            {
                answer.SetException(failure);
            }
        });
        return isAsked
            ? answer.Task
            : throw new NodeException($"{AskedMax} questions wait already; ask again later");
    }

    /// <summary>Runs until it is cancelled; a failed disk ends it, the node then only refuses.
    /// </summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        long? pruned = null;
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await RecoverAsync().ConfigureAwait(false);
                ChainStep step = await _service.StepAsync(cancel).ConfigureAwait(false);
                Note(step);
                if (Money is not null)
                {
                    await Money.LookAsync(cancel).ConfigureAwait(false);
                }

                await LookAtCourtsAsync(cancel).ConfigureAwait(false);
                while (_asked.Reader.TryRead(out Func<CancellationToken, Task>? work))
                {
                    await work(cancel).ConfigureAwait(false);
                }

                if (pruned is not long at || _time.GetElapsedTime(at) > s_pruneEvery)
                {
                    pruned = _time.GetTimestamp();
                    await TidyAsync().ConfigureAwait(false);
                }

                bool goesOn = !step.Mirror.IsWhole && _service.Mirror.Problem is null;
                if (!goesOn)
                {
                    await Task.Delay(_poll, _time, cancel).ConfigureAwait(false);
                }
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

    /// <summary>Courts give days: what an endpoint does not say now, it says at the next look.
    /// </summary>
    private async Task LookAtCourtsAsync(CancellationToken cancel)
    {
        if (Courts is null || _service.Mirror.Head is not { } head)
        {
            return;
        }

        try
        {
            await Courts.StepAsync(head, cancel).ConfigureAwait(false);
            _court.IsNews(null);
        }
        catch (ChainException failure)
        {
            if (_court.IsNews(failure.Message))
            {
                _log.CourtAway(failure.Message);
            }
        }
    }

    /// <summary>Lets old orders go, and books those that nobody will pay any more.</summary>
    private async Task TidyAsync()
    {
        ulong now = (ulong)_time.GetUtcNow().ToUnixTimeSeconds();
        UInt128 lost = _ledger.BookLosses(now, LossGraceSeconds);
        if (lost > 0)
        {
            _log.LossBooked(lost);
        }

        await _ledger.PruneAsync(now, CourtLimits.InputKeepSeconds).ConfigureAwait(false);
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

    private void NoteTransactions(ChainStep step)
    {
        foreach (OutboxEntry item in step.Submitted)
        {
            _log.BatchSubmitted(item.Request.Kind, item.Id);
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
            Money?.Note(change);
        }
    }

    /// <summary>To the minute; a time beyond the calendar is the chain's and has no date.</summary>
    private static string DateOf(ulong unixSeconds) =>
        unixSeconds <= (ulong)DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds((long)unixSeconds)
                .ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture)
            : "never";

    private void Note(ChainStep step)
    {
        foreach (ChannelRow row in step.Mirror.Changed)
        {
            if (row.Status == ChannelStatus.Open)
            {
                _log.ChannelSeen(row.Terms.HashStruct(), row.Locked, row.Redeemed);
            }
            else if (row.Status == ChannelStatus.Closed)
            {
                _log.ChannelClosed(row.Terms.HashStruct(), row.Redeemed);
            }
        }

        foreach (ChannelRow row in step.Mirror.Thawing)
        {
            _log.ThawSeen(row.Terms.HashStruct(), row.ThawAt, DateOf(row.ThawAt));
        }

        NoteTransactions(step);
        string? notice = _service.Notice;
        if (_notice.IsNews(notice) && notice is not null)
        {
            _log.ChainNotice(notice);
        }

        NoteBehind();
        bool isReady = Readiness is { } readiness && readiness.Problem() is null;
        if (isReady && !_isReady)
        {
            _log.Ready();
        }

        _isReady = isReady;
        NoteHealth(_service.Health);
    }

    /// <summary>What is wrong is told when it begins, ends, or stops orders: a redemption that
    /// cannot be paid for is no chain that is away.</summary>
    private void NoteHealth(ChainHealth health)
    {
        // That orders are taken again, or no longer, is news though the problem is the same.
        string? line = health.Problem is null ? null : $"{health.IsAccepting}: {health.Problem}";
        if (!_problem.IsNews(line))
        {
            return;
        }

        if (health.Problem is not { } problem)
        {
            _log.ChainBack(_service.Mirror.Head?.Number ?? 0);
        }
        else if (health.IsAccepting)
        {
            _log.ChainTrouble(problem);
        }
        else
        {
            _log.ChainAway(problem);
        }
    }

    /// <summary>
    /// More redeemed on the chain than this ledger has acknowledgements for: it is an older one
    /// than the node last used, or a second node works with the same key. Told once a channel.
    /// </summary>
    private void NoteBehind()
    {
        foreach (ChannelState channel in _ledger.Channels())
        {
            UInt128 acked = channel.Ack?.CumUnits ?? 0;
            if (channel.Row.Redeemed > acked && _behind.Add(channel.Id))
            {
                _log.LedgerBehind(channel.Id, channel.Row.Redeemed, acked);
            }
        }
    }
}
