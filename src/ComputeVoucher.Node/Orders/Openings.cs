using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Disputes;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Node;

/// <summary>
/// Opens what a receipt commits to, for those who may dispute it: an honest misunderstanding never
/// reaches a chain. One order is run again at a time, behind paid work, and its run is kept until
/// another one is asked for; a descent asks ten times for the same.
/// </summary>
internal sealed class Openings
{
    /// <summary>Questions that wait, 64: a descent has one open at a time.</summary>
    private const int AsksMax = 64;

    private readonly Serving _serving;
    private readonly Lock _gate = new();
    private readonly List<OpeningAsk> _asks = [];
    private bool _isRunning;

    public Openings(Serving serving) => _serving = serving;

    /// <summary>Questions that wait for their run.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _asks.Count;
            }
        }
    }

    /// <summary>Has it answered, now or later; where it is refused the caller keeps the request.
    /// </summary>
    /// <param name="request">Whose answer it is.</param>
    /// <param name="orderHash">The order.</param>
    /// <param name="place">What is to be opened.</param>
    /// <param name="asker">Who signed.</param>
    public async Task<RefusalReason> AskAsync(
        IWireRequest request, Bytes32 orderHash, OpeningPlace place, Address asker)
    {
        StoredOrder? order = await _serving.Ledger.OrderAsync(orderHash).ConfigureAwait(false);
        ChannelState? channel = order is null
            ? null
            : _serving.Ledger.Channel(order.Order.Channel);
        bool isHolder = channel?.Row.Terms.SpendKey == asker;
        if (order is not null && !isHolder
            && _serving.Courts?.IsWatcher(order.Order.Channel, asker) is not true)
        {
            return RefusalReason.SignerWrong;
        }

        if (order is not { Receipt.Receipt.Steps: > 0 }
            || !_serving.Models.TryGetValue(order.Order.ModelRoot, out IModel? model))
        {
            return RefusalReason.OrderUnknown;
        }

        RefusalReason refusal = isHolder
            ? Payers.Prove(request.Connection, channel!)
            : RefusalReason.None;
        return refusal == RefusalReason.None
            ? Enqueue(new OpeningAsk(request, order, place, model))
            : refusal;
    }

    /// <summary>The questions about one order, which is the one that was asked about first.
    /// </summary>
    public List<OpeningAsk> Take(in Bytes32 orderHash)
    {
        lock (_gate)
        {
            Bytes32 hash = orderHash;
            List<OpeningAsk> taken = _asks.FindAll(ask => ask.Order.Hash == hash);
            _asks.RemoveAll(ask => ask.Order.Hash == hash);
            return taken;
        }
    }

    /// <summary>The run has answered; the next one begins.</summary>
    public void Next()
    {
        List<OpeningAsk> dropped = [];
        OpeningJob? job = null;
        lock (_gate)
        {
            _isRunning = _asks.Count > 0
                && _serving.QueueOf(_asks[0].Model).TryTakePlace(behind: true);
            if (_isRunning)
            {
                job = new OpeningJob(_serving, this, _asks[0]);
            }
            else
            {
                dropped.AddRange(_asks);
                _asks.Clear();
            }
        }

        dropped.ForEach(ask => ask.Refuse(RefusalReason.Overloaded));
        if (job is not null)
        {
            _serving.QueueOf(job.Model).Enqueue(job);
        }
    }

    /// <summary>Of the last order that was opened; the one job at a time reads and replaces it.
    /// </summary>
    public RecordedRun? Kept { get; set; }

    /// <inheritdoc cref="Kept"/>
    public Bytes32 KeptOrder { get; set; }

    private RefusalReason Enqueue(OpeningAsk ask)
    {
        OpeningJob? job = null;
        lock (_gate)
        {
            if (_asks.Count >= AsksMax
                || (!_isRunning && !_serving.QueueOf(ask.Model).TryTakePlace(behind: true)))
            {
                return RefusalReason.Overloaded;
            }

            _asks.Add(ask);
            if (!_isRunning)
            {
                _isRunning = true;
                job = new OpeningJob(_serving, this, ask);
            }
        }

        if (job is not null)
        {
            _serving.QueueOf(ask.Model).Enqueue(job);
        }

        return RefusalReason.None;
    }
}

/// <summary>One question that waits.</summary>
internal sealed record OpeningAsk(
    IWireRequest Request, StoredOrder Order, OpeningPlace Place, IModel Model)
{
    public void Refuse(RefusalReason reason)
    {
        Request.Fail((ushort)reason, Refusals.Describe(reason), reason.IsRetryable());
        Request.Dispose();
    }
}
