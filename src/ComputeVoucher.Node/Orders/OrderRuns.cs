using System.Collections.Generic;
using System.Threading;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node;

/// <summary>
/// Who asks for an order shares the one execution of it, or gets the answer that is still there: an
/// answer never changes, and to ask again costs the client nothing.
/// </summary>
internal sealed class OrderRuns
{
    /// <summary>Answers that are kept, 8 MiB: tens of thousands of small ones, or the last few of
    /// the largest; a 32nd of the heap limit.</summary>
    private const long AnswerBytesMax = 8 << 20;

    private readonly Serving _serving;
    private readonly Lock _gate = new();
    private readonly Dictionary<Bytes32, OrderRun> _open = [];
    private readonly Recent<DoneOrder> _answers = new(AnswerBytesMax);

    public OrderRuns(Serving serving) => _serving = serving;

    /// <summary>Has the order answered; Overloaded where nobody runs it and there is no place.
    /// </summary>
    public RefusalReason Ask(OrderExchange exchange)
    {
        ReservedOrder reserved = exchange.Reserved;
        FairQueue queue = _serving.QueueOf(reserved.Checked.Model);
        exchange.Begin();
        OrderRun? started = null;
        DoneOrder? answer;
        lock (_gate)
        {
            Bytes32 hash = reserved.Decoded.Hash;
            if (!_answers.TryGet(hash, out answer))
            {
                if (!_open.TryGetValue(hash, out OrderRun? run))
                {
                    run = started = new OrderRun(_serving, this, reserved);
                    if (!reserved.HasPlace && !queue.TryTakePlace(run.IsBehind))
                    {
                        ReleaseNew(reserved);
                        return RefusalReason.Overloaded;
                    }

                    _open.Add(hash, run);
                }

                run.Join(exchange);
            }
        }

        if (started is not null)
        {
            queue.Enqueue(started);
            return RefusalReason.None;
        }

        if (reserved.HasPlace)
        {
            queue.ReturnPlace();
        }

        if (answer is not null)
        {
            exchange.ReleaseInput();
            if (!reserved.IsSettled)
            {
                _ = answer.Record(_serving);
            }

            _ = exchange.AnswerAsync(answer);
        }

        return RefusalReason.None;
    }

    /// <summary>What was reserved just now is not served after all.</summary>
    public void GiveUp(ReservedOrder reserved)
    {
        if (reserved.HasPlace)
        {
            _serving.QueueOf(reserved.Checked.Model).ReturnPlace();
        }

        lock (_gate)
        {
            // Somebody else may have sent it meanwhile, and be served.
            if (!_open.ContainsKey(reserved.Decoded.Hash))
            {
                ReleaseNew(reserved);
            }
        }
    }

    /// <summary>An order that was reserved when the process died, or when the disk failed: it is
    /// run to its receipt, or given up where that cannot be. Where its answer is still here the
    /// disk lost only the receipt, which may have been sent: it is stored again.</summary>
    /// <returns>Whether it is run.</returns>
    public bool Resume(StoredOrder stored)
    {
        if (!_serving.Models.TryGetValue(stored.Order.ModelRoot, out IModel? model))
        {
            _serving.Ledger.ReleaseOrder(stored.Hash);
            _serving.Log.OrderFailed(stored.Hash, "its model is no longer served; not charged");
            return false;
        }

        OrderRun run = new(_serving, this, stored, model);
        DoneOrder? answer;
        lock (_gate)
        {
            if (!_answers.TryGet(stored.Hash, out answer) && !_open.TryAdd(stored.Hash, run))
            {
                return false;
            }
        }

        if (answer is not null)
        {
            _ = answer.Record(_serving);
            return false;
        }

        _serving.QueueOf(model).EnqueueLate(run);
        return true;
    }

    /// <summary>The run has its answer; from now on nobody joins it.</summary>
    public void Close(OrderRun run, DoneOrder done)
    {
        lock (_gate)
        {
            _open.Remove(run.Hash);
            _answers.Put(run.Hash, done, done.Bytes);
        }
    }

    /// <summary>The run has none. To give the order up is one step with that: whoever sends it
    /// again reserves it again.</summary>
    /// <returns>OrderFinished where there is a receipt of an earlier run after all.</returns>
    public RefusalReason Close(OrderRun run, bool release)
    {
        lock (_gate)
        {
            if (_open.GetValueOrDefault(run.Hash) != run)
            {
                return RefusalReason.None;
            }

            _open.Remove(run.Hash);
            return release ? _serving.Ledger.ReleaseOrder(run.Hash) : RefusalReason.None;
        }
    }

    private void ReleaseNew(ReservedOrder reserved)
    {
        if (!reserved.IsReplay)
        {
            _serving.Ledger.ReleaseOrder(reserved.Decoded.Hash);
        }
    }
}
