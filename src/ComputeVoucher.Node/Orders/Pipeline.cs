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
/// The life of one request (design.md section 2). Stages 1 to 4 run on the connection's thread and
/// are cheap; 5 to 7 on a worker; 8 when the disk has the order. The flush runs beside execution.
/// </summary>
internal sealed class Pipeline : IWireHandler
{
    private readonly Serving _serving;
    private readonly ConcurrentDictionary<IOrderStream, OrderWork> _inFlight = new();
    private readonly Requests _requests;

    public Pipeline(Serving serving) =>
        (_serving, _requests) = (serving, new Requests(serving));

    /// <summary>Orders between their reservation and their receipt.</summary>
    public int InFlight => _inFlight.Count;

    public ValueTask OnOrderAsync(IOrderStream stream)
    {
        OrderWork work = new(_serving, stream, Finish);
        RefusalReason refusal = work.Decode();             // 1. bytes → order
        refusal = refusal.Then(work.Check);                // 2. rules, the signature last
        refusal = refusal.Then(work.TakePlace);            // 3. room among the waiting orders
        refusal = refusal.Then(work.Reserve);              // 4. ledger: from here it is owed
        if (refusal != RefusalReason.None)
        {
            work.Refuse(refusal);
            return ValueTask.CompletedTask;
        }

        _inFlight[stream] = work;
        work.Start();                                      // 5. execute, 6. commit the trace,
        return ValueTask.CompletedTask;                    // 7. sign, 8. reply when durable
    }

    public void OnCancel(IOrderStream order, ReadOnlySpan<byte> cancel)
    {
        if (_inFlight.TryGetValue(order, out OrderWork? work))
        {
            work.Cancel(cancel);
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

    private void Finish(IOrderStream stream) => _inFlight.TryRemove(stream, out _);
}
