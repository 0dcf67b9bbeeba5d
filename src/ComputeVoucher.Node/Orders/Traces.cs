using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Node;

/// <summary>
/// Trace roots of served orders: one job at most of an order, and its answer, which never changes,
/// is kept. The job stands behind paid work, and reads the input when it runs.
/// </summary>
internal sealed class Traces
{
    /// <summary>Statements that are kept, 1 MiB: some 2,600.</summary>
    private const long AnswerBytesMax = 1 << 20;

    private readonly Serving _serving;
    private readonly Lock _gate = new();
    private readonly Dictionary<Bytes32, TraceJob> _open = [];
    private readonly Recent<(Bytes32 Channel, byte[] Answer)> _answers = new(AnswerBytesMax);

    public Traces(Serving serving) => _serving = serving;

    /// <summary>Has it answered, now or later; where it is refused the caller keeps the request.
    /// </summary>
    public async Task<RefusalReason> AskAsync(
        IWireRequest request, Bytes32 orderHash, Address asker)
    {
        lock (_gate)
        {
            if (TryAnswer(request, orderHash, asker))
            {
                return RefusalReason.None;
            }
        }

        StoredOrder? order = await _serving.Ledger.OrderAsync(orderHash).ConfigureAwait(false);
        ChannelState? channel = order is null
            ? null
            : _serving.Ledger.Channel(order.Order.Channel);
        if (order is not null && channel?.Row.Terms.SpendKey != asker)
        {
            return RefusalReason.SignerWrong;
        }

        if (order is not { Receipt: { } receipt }
            || !_serving.Models.TryGetValue(order.Order.ModelRoot, out IModel? model))
        {
            return RefusalReason.OrderUnknown;
        }

        RefusalReason refusal = Payers.Prove(request.Connection, channel!);
        if (refusal != RefusalReason.None)
        {
            return refusal;
        }

        FairQueue queue = _serving.QueueOf(model);
        TraceJob started;
        lock (_gate)
        {
            // The job may have ended while the order was read.
            if (TryAnswer(request, orderHash, asker))
            {
                return RefusalReason.None;
            }

            if (_open.TryGetValue(orderHash, out TraceJob? job))
            {
                job.Join(request);
                return RefusalReason.None;
            }

            if (!queue.TryTakePlace(behind: true))
            {
                return RefusalReason.Overloaded;
            }

            started = new TraceJob(_serving, this, order, receipt.Receipt, model);
            started.Join(request);
            _open.Add(orderHash, started);
        }

        queue.Enqueue(started);
        return RefusalReason.None;
    }

    /// <summary>Nobody joins it from now on; its answer is kept where it has one.</summary>
    public void Close(TraceJob job, byte[]? answer)
    {
        lock (_gate)
        {
            if (_open.GetValueOrDefault(job.Hash) == job)
            {
                _open.Remove(job.Hash);
            }

            if (answer is not null)
            {
                _answers.Put(job.Hash, (job.Channel, answer), answer.Length);
            }
        }
    }

    /// <summary>Only who may ask gets what is kept. Under the gate.</summary>
    private bool TryAnswer(IWireRequest request, in Bytes32 orderHash, in Address asker)
    {
        if (!_answers.TryGet(orderHash, out (Bytes32 Channel, byte[] Answer) kept)
            || _serving.Ledger.Channel(kept.Channel) is not { } channel
            || channel.Row.Terms.SpendKey != asker)
        {
            return false;
        }

        // What is kept costs nothing more: it is answered whoever has too many connections.
        _ = Payers.Prove(request.Connection, channel);
        request.Reply(kept.Answer);
        request.Dispose();
        return true;
    }
}
