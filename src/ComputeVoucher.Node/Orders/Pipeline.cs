using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Threading.Tasks;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Node;

/// <summary>
/// The life of one request. Stages 1 to 4 run on the connection's thread and
/// are cheap; 5 to 7 on a worker; 8 when the disk has the order. The flush runs beside execution.
/// </summary>
internal sealed class Pipeline : IWireHandler
{
    private readonly Serving _serving;
    private readonly ConcurrentDictionary<IOrderStream, OrderJob> _inFlight = new();
    private readonly Requests _requests;

    public Pipeline(Serving serving) =>
        (_serving, _requests) = (serving, new Requests(serving));

    /// <summary>Orders between their reservation and their receipt.</summary>
    public int InFlight => _inFlight.Count;

    public ValueTask OnOrderAsync(IOrderStream stream)
    {
        long arrived = _serving.Time.GetTimestamp();
        Stage<DecodedOrder> decoded = DecodedOrder.Decode(stream); // 1. bytes → order
        Stage<ReservedOrder> reserved = decoded
            .Then(_serving, CheckedOrder.Check)            // 2. rules, the signature last
            .Then(_serving, ReservedOrder.Reserve);        // 3. a place, 4. the ledger: now owed
        if (!reserved.IsReached)
        {
            Refuse(stream, decoded.Value?.Order ?? default, reserved.Refusal);
            return ValueTask.CompletedTask;
        }

        OrderJob job = new(_serving, reserved.Value, arrived, Finish);
        _inFlight[stream] = job;
        job.Start();                                       // 5. execute, 6. commit the trace,
        return ValueTask.CompletedTask;                    // 7. sign, 8. reply when durable
    }

    public void OnCancel(IOrderStream order, ReadOnlySpan<byte> cancel)
    {
        if (_inFlight.TryGetValue(order, out OrderJob? job))
        {
            job.Cancel(cancel);
        }
    }

    public async ValueTask OnRequestAsync(IWireRequest request)
    {
        // Acks wait for the disk; the connection must not, or its next orders wait with them.
        await Task.Yield();
        _ = _requests.AnswerAsync(request);
    }

    public void OnConnected(IWireConnection connection)
    {
    }

    public void OnClosed(IWireConnection connection, ushort reason)
    {
    }

    public void OnFault(string what, Exception fault) =>
        _serving.Log.UnexpectedFailure(what, Failure.Describe(fault));

    /// <summary>
    /// Orders that were reserved when the process died are run to their receipts, so that their
    /// holders can acknowledge past them.
    /// </summary>
    /// <returns>How many were queued: those whose model is still served.</returns>
    public int Resume(IReadOnlyList<StoredOrder> unfinished)
    {
        int queued = 0;
        foreach (StoredOrder order in unfinished)
        {
            if (_serving.Models.TryGetValue(order.Order.ModelRoot, out IModel? model))
            {
                queued++;
                _serving.QueueOf(model).Enqueue(
                    order.Order.Channel, new ResumeJob(_serving, order)
                    {
                        Model = model,
                        Channel = order.Order.Channel,
                    });
            }
        }

        return queued;
    }

    /// <summary>A numbered answer, and the connection's end where the signature was bad.</summary>
    private void Refuse(IOrderStream stream, in Order order, RefusalReason refusal)
    {
        string text = Refusals.Describe(refusal);
        _serving.Metrics.Refused((ushort)refusal);
        _serving.Refusals.Order((ushort)refusal, text, order.Channel, order.Seq);
        stream.SendError((ushort)refusal, text, refusal.IsRetryable());
        if (refusal.IsAbusive())
        {
            stream.Connection.Close((ushort)refusal, text, abusive: true);
        }

        stream.Dispose();
    }

    private void Finish(IOrderStream stream) => _inFlight.TryRemove(stream, out _);
}
