using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Node;

/// <summary>A reserved order on a worker, to its answer: stages 5 to 8 of <see cref="Pipeline"/>.
/// </summary>
internal sealed class OrderJob : Job
{
    private readonly Serving _serving;
    private readonly ReservedOrder _reserved;
    private readonly DecodedOrder _decoded;
    private readonly IOrderStream _stream;
    private readonly Action<IOrderStream> _finished;
    private readonly long _arrived;
    private readonly Lock _streaming = new();
    private readonly List<(uint Step, byte[] Bytes)> _held = [];
    private int _released;
    private Task _accepted = Task.CompletedTask;
    private SignedCancel? _cancel;

    /// <param name="serving">What every stage needs.</param>
    /// <param name="reserved">The order.</param>
    /// <param name="arrived">Timestamp of its arrival.</param>
    /// <param name="finished">Called once, when the answer is complete.</param>
    [SetsRequiredMembers]
    public OrderJob(Serving serving, ReservedOrder reserved, long arrived,
        Action<IOrderStream> finished)
    {
        (_serving, _reserved, _arrived, _finished) = (serving, reserved, arrived, finished);
        _decoded = reserved.Decoded;
        _stream = _decoded.Stream;
        Model = reserved.Checked.Model;
        Channel = _decoded.Order.Channel;
    }

    /// <summary>Hands the order to the workers.</summary>
    public void Start()
    {
        if (_reserved.IsReplay)
        {
            _serving.Metrics.Replayed();
        }
        else
        {
            _serving.Metrics.Accepted();
        }

        if ((_decoded.Order.Flags & OrderFlags.AcceptWanted) != 0)
        {
            _accepted = AcceptAsync();
        }

        _serving.QueueOf(Model).Enqueue(Channel, this);
    }

    /// <summary>The holder wants no more; the run stops after the step it is in.</summary>
    public void Cancel(ReadOnlySpan<byte> bytes)
    {
        RefusalReason refusal = SignedPayload.Decode(
            bytes, out Cancel cancel, out Signature signature);
        if (refusal == RefusalReason.None)
        {
            refusal = cancel.OrderHash != _decoded.Hash
                ? RefusalReason.OrderUnknown
                : SignedPayload.CheckSigner(cancel.HashStruct(), signature, _serving.Separator,
                    _reserved.Checked.SpendKey);
        }

        if (refusal == RefusalReason.None)
        {
            // Where an earlier run has decided how the order ends, the same answer comes again.
            _cancel = _reserved.IsDecided ? null : new SignedCancel(cancel, signature);
        }
        else if (refusal.IsAbusive())
        {
            _stream.Connection.Close((ushort)refusal, Refusals.Describe(refusal), abusive: true);
        }
    }

    /// <summary>Stages 5 and 6 on a worker: the answer and, where it is asked for, its trace.
    /// </summary>
    public override void Run(IModelSession session)
    {
        RunOptions options = new()
        {
            Trace = (_decoded.Order.Flags & OrderFlags.TraceRootWanted) != 0,
            StepsMax = _reserved.CancelSteps ?? 0,
        };
        if (_cancel is not null || _reserved.CancelSteps == 0)
        {
            _ = ReplyAsync(RunResult.Nothing(_decoded.Order.InputRoot), sent: 0);
            return;
        }

        RunResult result = session.Run(
            _stream.Input.Span, options, Model.IsStream ? OnStep : null);
        _ = ReplyAsync(result, Model.IsStream ? result.Output.Length : 0);
    }

    public override void Fail(Exception failure)
    {
        RefusalReason reason = failure is LedgerException ledger
            ? ledger.Reason
            : RefusalReason.ExecutionFailed;
        _serving.Metrics.Failed();
        _serving.Log.OrderFailed(_decoded.Hash, Failure.Describe(failure));
        if (reason == RefusalReason.ExecutionFailed && !_reserved.IsReplay)
        {
            _serving.Ledger.ReleaseOrder(_decoded.Hash);
        }

        Abandon(reason, reason.IsRetryable());
    }

    private async Task AcceptAsync()
    {
        try
        {
            Accept accept = new(_decoded.Hash, _decoded.Order.Deadline);
            Signature signature = _serving.NodeKey.Sign(accept.Digest(_serving.Separator));
            Task durable = _serving.Ledger.RecordAccept(
                accept, signature, out RefusalReason refusal);
            await durable.ConfigureAwait(false);
            if (refusal == RefusalReason.None)
            {
                _stream.SendAccept(SignedPayload.Encode(accept, signature));
            }
        }
        catch (Exception failure)
        {
            // The order itself waits for the same disk, and tells the client.
            _serving.Log.UnexpectedFailure("accept", Failure.Describe(failure));
        }
    }

    /// <summary>A token is held back until the order is on the disk and its promise has left, then
    /// leaves at once.</summary>
    private bool OnStep(uint step, ReadOnlySpan<byte> added)
    {
        lock (_streaming)
        {
            if (!_reserved.Durable.IsCompleted || !_accepted.IsCompleted)
            {
                _held.Add((step, added.ToArray()));
            }
            else if (_reserved.Durable.IsCompletedSuccessfully)
            {
                SendHeld();
                _stream.SendOutput(step, added, last: false);
            }
        }

        return _cancel is null && !_reserved.Durable.IsFaulted;
    }

    private void SendHeld()
    {
        foreach ((uint step, byte[] bytes) in _held)
        {
            _stream.SendOutput(step, bytes, last: false);
        }

        _held.Clear();
    }

    /// <summary>Stages 7 and 8: settle, sign, and answer when the disk has the order.</summary>
    private async Task ReplyAsync(RunResult result, int sent)
    {
        try
        {
            if (_reserved.Durable.IsFaulted)
            {
                // The run ended early because of the disk: no receipt may say so.
                await _reserved.Durable.ConfigureAwait(false);
            }

            await StoreCancelAsync(result.Steps).ConfigureAwait(false);
            Stage<DoneOrder> done = await DoneOrder.SettleAsync(_serving, _reserved, result)
                .ConfigureAwait(false);
            if (!done.IsReached)
            {
                // Another run of this order, cancelled or not, was first. Its answer is the
                // answer, and asking again brings it.
                bool isLate = _cancel is not null || done.Refusal != RefusalReason.ReceiptConflict;
                Abandon(done.Refusal, isLate || done.Refusal.IsRetryable());
                return;
            }

            await _accepted.ConfigureAwait(false);
            if (await SendOutputAsync(result, sent).ConfigureAwait(false))
            {
                done.Value.SendReceipt();
            }

            if (_reserved.IsReplay)
            {
                _serving.Metrics.ServedAgain(result.Units);
            }
            else
            {
                _serving.Metrics.Served(
                    result.Units, _serving.Time.GetElapsedTime(_arrived));
            }

            Release();
        }
        catch (Exception failure)
        {
            Fail(failure);
        }
    }

    private async ValueTask<bool> SendOutputAsync(RunResult result, int sent)
    {
        if (sent == 0)
        {
            // Steps count from 1 on the wire, also where a cancel left none.
            uint step = Math.Max(1, result.Steps);
            return await _stream.SendOutputAsync(step, result.Output, last: true)
                .ConfigureAwait(false);
        }

        lock (_streaming)
        {
            SendHeld();
            return _stream.SendOutput(result.Steps, [], last: true);
        }
    }

    /// <summary>A receipt of fewer steps than the model would make needs the holder's word, stored.
    /// </summary>
    private async Task StoreCancelAsync(uint steps)
    {
        if (_cancel is not { } cancel || _reserved.CancelSteps is not null)
        {
            return;
        }

        Task stored = _serving.Ledger.RecordCancel(
            cancel.Value, cancel.Signature, steps, out RefusalReason refusal);
        await stored.ConfigureAwait(false);
        if (refusal == RefusalReason.None)
        {
            _serving.Metrics.Cancelled();
            _serving.Log.OrderCancelled(_decoded.Hash, steps);
        }
    }

    private void Abandon(RefusalReason reason, bool retryable)
    {
        _stream.SendError((ushort)reason, Refusals.Describe(reason), retryable);
        Release();
    }

    private void Release()
    {
        if (Interlocked.Exchange(ref _released, 1) == 0)
        {
            _finished(_stream);
            _stream.Dispose();
        }
    }

    private sealed record SignedCancel(Cancel Value, Signature Signature);
}
