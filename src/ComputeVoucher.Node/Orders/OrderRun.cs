using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node;

/// <summary>
/// One execution of one order, for everybody who asks for it while it waits and runs: stages 5 to 7
/// of <see cref="Pipeline"/>. There are never two of one order at a time; an order that an earlier
/// process left has one without any client.
/// </summary>
internal sealed class OrderRun : Job
{
    private readonly Serving _serving;
    private readonly OrderRuns _runs;
    private readonly Order _order;
    private readonly uint? _cancelSteps;
    private readonly Task _durable;
    private readonly Lock _gate = new();
    private readonly List<OrderExchange> _askers = [];
    private OrderExchange[] _listeners = [];
    private SignedCancel? _cancel;
    private bool _isDropped;

    /// <summary>For the client that asks first.</summary>
    [SetsRequiredMembers]
    public OrderRun(Serving serving, OrderRuns runs, ReservedOrder reserved)
    {
        (_serving, _runs, _order) = (serving, runs, reserved.Decoded.Order);
        (Hash, _cancelSteps, _durable, IsSettled) = (
            reserved.Decoded.Hash, reserved.CancelSteps, reserved.Durable, reserved.IsSettled);
        (Model, Channel) = (reserved.Checked.Model, _order.Channel);
        Share = Job.ShareOf(_order.MaxUnits, reserved.Checked.Locked);
    }

    /// <summary>For an order that lost its receipt, and its client, with the process.</summary>
    [SetsRequiredMembers]
    public OrderRun(Serving serving, OrderRuns runs, StoredOrder stored, IModel model)
    {
        (_serving, _runs, _order, Hash) = (serving, runs, stored.Order, stored.Hash);
        (_cancelSteps, _durable) = (stored.CancelSteps, Task.CompletedTask);
        (Model, Channel) = (model, _order.Channel);
        Share = Job.ShareOf(_order.MaxUnits, serving.LockedOf(Channel));
    }

    /// <summary>Of the order.</summary>
    public Bytes32 Hash { get; }

    /// <summary>The order has its receipt: the same answer once more, for no pay.</summary>
    public bool IsSettled { get; }

    public override bool IsBehind => IsSettled;

    /// <summary>One more client that waits for the answer.</summary>
    public void Join(OrderExchange exchange)
    {
        lock (_gate)
        {
            _askers.Add(exchange);
            exchange.Run = this;
            if (_askers[0] != exchange)
            {
                // The run reads that of the first.
                exchange.ReleaseInput();
            }
        }
    }

    /// <summary>The run stops after the step it is in. Where an earlier run has decided how the
    /// order ends, the same answer comes again.</summary>
    public void Cancel(in Cancel cancel, in Signature signature)
    {
        if (!IsSettled && _cancelSteps is null)
        {
            _cancel = new SignedCancel(cancel, signature);
        }
    }

    /// <summary>Stages 5 and 6 on a worker: the answer and, where it is asked for, its trace.
    /// </summary>
    public override void Run(IModelSession session)
    {
        if (!IsWanted())
        {
            End(RefusalReason.Overloaded, retryable: true);
            return;
        }

        // No option says "no step": zero is the model's own end.
        bool isNothing = _cancel is not null || _cancelSteps == 0;
        if (!isNothing && !IsSettled && _order.IsOver(_serving.Now))
        {
            _serving.Metrics.Refused((ushort)RefusalReason.DeadlinePassed);
            End(RefusalReason.DeadlinePassed, retryable: false);
            return;
        }

        RunResult result = isNothing
            ? RunResult.Nothing(_order.InputRoot)
            : Execute(session);
        if (_isDropped)
        {
            End(RefusalReason.Overloaded, retryable: true);
            return;
        }

        _ = SettleAsync(result);
    }

    public override void Fail(Exception failure)
    {
        RefusalReason reason = Failure.ReasonOf(failure);
        _serving.Metrics.Failed();
        _serving.Log.OrderFailed(Hash, Failure.Describe(failure));
        End(reason, reason.IsRetryable(), mayRelease: reason == RefusalReason.ExecutionFailed);
    }

    private RunResult Execute(IModelSession session)
    {
        RunOptions options = new()
        {
            Trace = (_order.Flags & OrderFlags.TraceRootWanted) != 0,
            Proofs = CostTable.ProofsOf((byte)_order.Flags),
            StepsMax = _cancelSteps ?? 0,
        };
        ReadOnlyMemory<byte> input;
        lock (_gate)
        {
            // Who comes later gets the answer whole: a stream has no gaps.
            _listeners = [.. _askers];
            input = _listeners.Length > 0 ? _listeners[0].Input : null;
        }

        if (_listeners.Length == 0)
        {
            input = _serving.Ledger.Input(Hash);
        }

        long began = _serving.Time.GetTimestamp();
        RunResult result = session.Run(input.Span, options, Model.IsStream ? OnStep : null);
        _serving.NoteRun(Model, result, _serving.Time.GetElapsedTime(began));
        if (_listeners.Length > 0)
        {
            _listeners[0].ReleaseInput();
        }

        if (IsSettled)
        {
            _serving.Metrics.ServedAgain(result.Units);
        }

        return result;
    }

    private bool OnStep(uint step, ReadOnlySpan<byte> added)
    {
        foreach (OrderExchange listener in _listeners)
        {
            listener.SendStep(step, added);
        }

        _isDropped = !IsWanted();
        return _cancel is null && !_durable.IsFaulted && !_isDropped;
    }

    /// <summary>What is paid for is run whoever waits for it; the rest for somebody.</summary>
    private bool IsWanted()
    {
        if (!IsSettled)
        {
            return true;
        }

        lock (_gate)
        {
            return _askers.Exists(asker => asker.IsAwaited);
        }
    }

    /// <summary>Stage 7: settle and sign; then everybody who asks is answered.</summary>
    private async Task SettleAsync(RunResult result)
    {
        try
        {
            if (_durable.IsFaulted)
            {
                // The run ended early because of the disk: no receipt may say so.
                await _durable.ConfigureAwait(false);
            }

            await StoreCancelAsync(result.Steps).ConfigureAwait(false);
            Stage<DoneOrder> done = await DoneOrder.SettleAsync(
                _serving, Hash, result, _durable).ConfigureAwait(false);
            if (!done.IsReached)
            {
                // Whatever the ledger has instead is the answer, and asking again brings it.
                bool isLate = _cancel is not null || done.Refusal != RefusalReason.ReceiptConflict;
                End(done.Refusal, isLate || done.Refusal.IsRetryable(), mayRelease: false);
                return;
            }

            _runs.Close(this, done.Value);
            foreach (OrderExchange asker in _askers)
            {
                _ = asker.AnswerAsync(done.Value);
            }
        }
        catch (Exception failure)
        {
            Fail(failure);
        }
    }

    /// <summary>A receipt of fewer steps than the model would make needs the holder's word, stored.
    /// </summary>
    private async Task StoreCancelAsync(uint steps)
    {
        if (_cancel is not { } cancel)
        {
            return;
        }

        Task stored = _serving.Ledger.RecordCancel(
            cancel.Value, cancel.Signature, steps, out RefusalReason refusal);
        await stored.ConfigureAwait(false);
        if (refusal == RefusalReason.None)
        {
            _serving.Metrics.Cancelled();
            _serving.Log.OrderCancelled(Hash, steps);
        }
    }

    /// <summary>No receipt: nothing is owed for it either, where that is for us to say.</summary>
    private void End(RefusalReason reason, bool retryable, bool mayRelease = true)
    {
        if (_runs.Close(this, release: mayRelease && !IsSettled) == RefusalReason.OrderFinished)
        {
            // It has a receipt after all: whoever asks again gets that.
            (reason, retryable) = (RefusalReason.Overloaded, true);
        }

        foreach (OrderExchange asker in _askers)
        {
            asker.Abandon(reason, retryable);
        }
    }

    private sealed record SignedCancel(Cancel Value, Signature Signature);
}
