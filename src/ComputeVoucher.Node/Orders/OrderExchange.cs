using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Node;

/// <summary>One client that asks for a reserved order: its promise, its tokens and its answer,
/// stage 8 of <see cref="Pipeline"/>. What is answered comes of an <see cref="OrderRun"/>.
/// </summary>
internal sealed class OrderExchange
{
    private readonly Serving _serving;
    private readonly IOrderStream _stream;
    private readonly Action<IOrderStream> _finished;
    private readonly long _arrived;
    private readonly Lock _streaming = new();
    private readonly List<(uint Step, byte[] Bytes)> _held = [];
    private int _released;
    private bool _hasSteps;
    private Task _accepted = Task.CompletedTask;

    /// <param name="serving">What every stage needs.</param>
    /// <param name="reserved">The order.</param>
    /// <param name="arrived">Timestamp of its arrival.</param>
    /// <param name="finished">Called once, when the answer is complete.</param>
    public OrderExchange(Serving serving, ReservedOrder reserved, long arrived,
        Action<IOrderStream> finished)
    {
        (_serving, Reserved, _arrived, _finished) = (serving, reserved, arrived, finished);
        _stream = reserved.Decoded.Stream;
    }

    public ReservedOrder Reserved { get; }

    /// <summary>What computes the answer; null where it was there already.</summary>
    public OrderRun? Run { get; set; }

    /// <summary>Somebody still waits for the answer.</summary>
    public bool IsAwaited => _stream.Connection.IsOpen;

    /// <summary>Valid until it is released.</summary>
    public ReadOnlyMemory<byte> Input => _stream.Input;

    /// <summary>No run needs it, or not any more: its bytes are others' to use.</summary>
    public void ReleaseInput() => _stream.ReleaseInput();

    /// <summary>Counts it, and promises where a promise is wanted; before anything runs.</summary>
    public void Begin()
    {
        if (Reserved.IsReplay)
        {
            _serving.Metrics.Replayed();
        }
        else
        {
            _serving.Metrics.Accepted();
        }

        if ((Reserved.Decoded.Order.Flags & OrderFlags.AcceptWanted) != 0)
        {
            _accepted = AcceptAsync();
        }
    }

    /// <summary>The holder wants no more, of this order and for everybody who asks for it.
    /// </summary>
    public void Cancel(ReadOnlySpan<byte> bytes)
    {
        RefusalReason refusal = SignedPayload.Decode(
            bytes, out Cancel cancel, out Signature signature);
        if (refusal == RefusalReason.None)
        {
            refusal = cancel.OrderHash != Reserved.Decoded.Hash
                ? RefusalReason.OrderUnknown
                : SignedPayload.CheckSigner(cancel.HashStruct(), signature, _serving.Separator,
                    Reserved.Checked.SpendKey);
        }

        if (refusal == RefusalReason.None)
        {
            Run?.Cancel(cancel, signature);
        }
        else if (refusal.IsAbusive())
        {
            _stream.Connection.Close((ushort)refusal, Refusals.Describe(refusal), abusive: true);
        }
    }

    /// <summary>A token is held back until the order is on the disk and its promise has left, then
    /// leaves at once. Whoever gets one gets all of them, from the first.</summary>
    public void SendStep(uint step, ReadOnlySpan<byte> added)
    {
        lock (_streaming)
        {
            _hasSteps = true;
            if (!Reserved.Durable.IsCompleted || !_accepted.IsCompleted)
            {
                _held.Add((step, added.ToArray()));
            }
            else if (Reserved.Durable.IsCompletedSuccessfully)
            {
                SendHeld();
                _stream.SendOutput(step, added, last: false);
            }
        }
    }

    /// <summary>The answer, once the disk has the order and the promise has left.</summary>
    public async Task AnswerAsync(DoneOrder done)
    {
        try
        {
            await Reserved.Durable.ConfigureAwait(false);
            await _accepted.ConfigureAwait(false);
            if (await SendOutputAsync(done.Result).ConfigureAwait(false))
            {
                _stream.SendReceipt(done.Receipt);
            }

            if (!Reserved.IsReplay)
            {
                _serving.Metrics.Served(
                    done.Result.Units, _serving.Time.GetElapsedTime(_arrived));
            }

            Release();
        }
        catch (Exception failure)
        {
            RefusalReason reason = Failure.ReasonOf(failure);
            _serving.Metrics.Failed();
            _serving.Log.OrderFailed(Reserved.Decoded.Hash, Failure.Describe(failure));
            Abandon(reason, reason.IsRetryable());
        }
    }

    /// <summary>A numbered end without a receipt.</summary>
    public void Abandon(RefusalReason reason, bool retryable)
    {
        _stream.SendError((ushort)reason, Refusals.Describe(reason), retryable);
        Release();
    }

    private async Task AcceptAsync()
    {
        try
        {
            Order order = Reserved.Decoded.Order;
            Accept accept = new(Reserved.Decoded.Hash, order.Deadline);
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

    private void SendHeld()
    {
        foreach ((uint step, byte[] bytes) in _held)
        {
            _stream.SendOutput(step, bytes, last: false);
        }

        _held.Clear();
    }

    private async ValueTask<bool> SendOutputAsync(RunResult result)
    {
        lock (_streaming)
        {
            if (_hasSteps)
            {
                SendHeld();
                return _stream.SendOutput(result.Steps, [], last: true);
            }
        }

        // Steps count from 1 on the wire, also where a cancel left none.
        uint step = Math.Max(1, result.Steps);
        return await _stream.SendOutputAsync(step, result.Output, last: true)
            .ConfigureAwait(false);
    }

    private void Release()
    {
        if (Interlocked.Exchange(ref _released, 1) == 0)
        {
            _finished(_stream);
            _stream.Dispose();
        }
    }
}
