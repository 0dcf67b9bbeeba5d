using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Node;

/// <summary>One order on its way through the pipeline; see <see cref="Pipeline"/> for the stages.
/// </summary>
internal sealed class OrderWork
{
    private readonly Serving _serving;
    private readonly IOrderStream _stream;
    private readonly Action<IOrderStream> _finished;
    private readonly long _arrived;
    private readonly Lock _streaming = new();
    private readonly List<(uint Step, byte[] Bytes)> _held = [];
    private Order _order;
    private Bytes32 _orderHash;
    private Signature _signature;
    private Address _spendKey;
    private IModel? _model;
    private ReserveResult _reserved;
    private bool _hasPlace;
    private int _released;
    private SignedCancel? _cancel;

    public OrderWork(Serving serving, IOrderStream stream, Action<IOrderStream> finished)
    {
        (_serving, _stream, _finished) = (serving, stream, finished);
        _arrived = serving.Time.GetTimestamp();
    }

    /// <summary>Stage 1: fixed-width bytes to an order.</summary>
    public RefusalReason Decode()
    {
        RefusalReason refusal = Order.Decode(_stream.Order.Span, out _order);
        if (refusal != RefusalReason.None)
        {
            return refusal;
        }

        _signature = new Signature(_stream.Signature.Span);
        _orderHash = _order.HashStruct();
        return RefusalReason.None;
    }

    /// <summary>Stage 2: may this order be served? Cheapest first; the input is hashed after the
    /// signature, so that only a channel's own key can make the node hash.</summary>
    public RefusalReason Check()
    {
        ChannelView channel = _serving.Ledger.View(_order.Channel, _order.Seq, _orderHash);
        _spendKey = channel.Terms.SpendKey;
        OrderContext context = new()
        {
            Order = _order,
            OrderHash = _orderHash,
            Signature = _signature,
            InputBytes = _stream.Input.Length,
            Channel = channel,
            Policy = _serving.Policy,
            DomainSeparator = _serving.Separator,
            Now = _serving.Now,
        };
        RefusalReason refusal = context.IsReplay ? RefusalReason.None : _serving.NotAccepting();
        refusal = refusal == RefusalReason.None ? OrderRules.Check(context) : refusal;
        if (refusal == RefusalReason.SequenceUsed && channel.SequenceUse == SequenceUse.Other)
        {
            KeepConflict();
        }

        return refusal == RefusalReason.None ? CheckInput() : refusal;
    }

    /// <summary>Stage 3: a bounded number of orders may wait.</summary>
    public RefusalReason TakePlace()
    {
        _hasPlace = _serving.QueueOf(_model!).TryTakePlace();
        return _hasPlace ? RefusalReason.None : RefusalReason.Overloaded;
    }

    /// <summary>
    /// Stage 4: in the ledger's memory at once, on the disk while the model runs.
    /// </summary>
    public RefusalReason Reserve()
    {
        _reserved = _serving.Ledger.Reserve(_order, _orderHash, _signature, _stream.Input.Span);
        return _reserved.Refusal;
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

        if ((_order.Flags & OrderFlags.AcceptWanted) != 0)
        {
            _ = AcceptAsync();
        }

        _serving.QueueOf(_model!).Enqueue(
            _order.Channel, new Execution(this) { Model = _model!, Channel = _order.Channel });
    }

    /// <summary>A numbered answer, and the connection's end where the signature was bad.</summary>
    public void Refuse(RefusalReason refusal)
    {
        if (_hasPlace)
        {
            _serving.QueueOf(_model!).ReturnPlace();
        }

        string text = Refusals.Describe(refusal);
        _serving.Metrics.Refused((ushort)refusal);
        _serving.Log.OrderRefused((ushort)refusal, text, _order.Channel, _order.Seq);
        _stream.SendError((ushort)refusal, text, refusal.IsRetryable());
        if (refusal.IsAbusive())
        {
            _stream.Connection.Close((ushort)refusal, text, abusive: true);
        }

        Release();
    }

    /// <summary>The holder wants no more; the run stops after the step it is in.</summary>
    public void Cancel(ReadOnlySpan<byte> bytes)
    {
        RefusalReason refusal = SignedPayload.Decode(
            bytes, out Cancel cancel, out Signature signature);
        if (refusal == RefusalReason.None)
        {
            refusal = cancel.OrderHash != _orderHash
                ? RefusalReason.OrderUnknown
                : SignedPayload.CheckSigner(
                    cancel.HashStruct(), signature, _serving.Separator, _spendKey);
        }

        if (refusal == RefusalReason.None)
        {
            // Where an earlier run has decided how the order ends, the same answer comes again.
            bool isDecided = _reserved.CancelSteps is not null || _reserved.Receipt is not null;
            _cancel = isDecided ? null : new SignedCancel(cancel, signature);
        }
        else if (refusal.IsAbusive())
        {
            _stream.Connection.Close((ushort)refusal, Refusals.Describe(refusal), abusive: true);
        }
    }

    private RefusalReason CheckInput()
    {
        _model = _serving.Models[_order.ModelRoot];
        try
        {
            InputInfo input = _model.CheckInput(_stream.Input.Span);
            if (input.InputRoot != _order.InputRoot)
            {
                return RefusalReason.InputRootWrong;
            }

            return input.UnitsMax <= _order.MaxUnits
                ? RefusalReason.None
                : RefusalReason.MaxUnitsTooLow;
        }
        catch (ModelException)
        {
            return RefusalReason.InputRefused;
        }
    }

    private void KeepConflict()
    {
        if (SignedPayload.CheckSigner(_orderHash, _signature, _serving.Separator, _spendKey)
            == RefusalReason.None)
        {
            _ = _serving.Ledger.RecordConflict(_order, _signature);
            _serving.Log.ConflictKept(_order.Channel, _order.Seq);
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            Accept accept = new(_orderHash, _order.Deadline);
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

    /// <summary>Stages 5 and 6 on a worker: the answer and, where it is asked for, its trace.
    /// </summary>
    private void Execute(IModelSession session)
    {
        RunOptions options = new()
        {
            Trace = (_order.Flags & OrderFlags.TraceRootWanted) != 0,
            StepsMax = _reserved.CancelSteps ?? 0,
        };
        if (_cancel is not null || _reserved.CancelSteps == 0)
        {
            _ = ReplyAsync(Nothing(_order.InputRoot), sent: 0);
            return;
        }

        bool streams = _serving.QueueOf(_model!) == _serving.Streams;
        RunResult result = session.Run(_stream.Input.Span, options, streams ? OnStep : null);
        _ = ReplyAsync(result, streams ? result.Output.Length : 0);
    }

    /// <summary>Cancelled before the first step: no output, no units, a receipt all the same.
    /// </summary>
    internal static RunResult Nothing(in Bytes32 inputRoot) => new()
    {
        Output = [],
        Steps = 0,
        Units = 0,
        InputRoot = inputRoot,
        OutputRoot = TraceTree.ListRoot([]),
    };

    /// <summary>A token is held back until the order is on the disk, then leaves at once.</summary>
    private bool OnStep(uint step, ReadOnlySpan<byte> added)
    {
        lock (_streaming)
        {
            if (!_reserved.Durable.IsCompleted)
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
            Receipt receipt = new(
                _orderHash, result.Steps, result.OutputRoot, result.TraceRoot, result.Units);
            Signature signature = _serving.NodeKey.Sign(receipt.Digest(_serving.Separator));
            RefusalReason refusal = _serving.Ledger.RecordReceipt(receipt, signature);
            await _reserved.Durable.ConfigureAwait(false);
            if (refusal != RefusalReason.None)
            {
                // Another run of this order, cancelled or not, was first. Its answer is the
                // answer, and asking again brings it.
                bool isLate = _cancel is not null || refusal != RefusalReason.ReceiptConflict;
                Abandon(refusal, isLate || refusal.IsRetryable());
                return;
            }

            bool alive = await SendOutputAsync(result, sent).ConfigureAwait(false);
            if (alive)
            {
                _stream.SendReceipt(SignedPayload.Encode(receipt, signature));
            }

            _serving.Metrics.Served(
                result.Units, _serving.Time.GetElapsedTime(_arrived));
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
            _serving.Log.OrderCancelled(_orderHash, steps);
        }
    }

    private void Fail(Exception failure)
    {
        RefusalReason reason = failure is LedgerException ledger
            ? ledger.Reason
            : RefusalReason.ExecutionFailed;
        _serving.Metrics.Failed();
        _serving.Log.OrderFailed(_orderHash, Failure.Describe(failure));
        if (reason == RefusalReason.ExecutionFailed && !_reserved.IsReplay)
        {
            _serving.Ledger.ReleaseOrder(_orderHash);
        }

        Abandon(reason, reason.IsRetryable());
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

    private sealed class Execution(OrderWork work) : Job
    {
        public override void Run(IModelSession session) => work.Execute(session);

        public override void Fail(Exception failure) => work.Fail(failure);
    }
}
