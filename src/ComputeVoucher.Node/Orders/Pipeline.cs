using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Globalization;
using System.Threading.Tasks;
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
    private readonly ConcurrentDictionary<IOrderStream, OrderExchange> _inFlight = new();
    private readonly Requests _requests;
    private readonly OrderRuns _runs;

    public Pipeline(Serving serving) =>
        (_serving, _requests, _runs) = (serving, new Requests(serving), new OrderRuns(serving));

    /// <summary>Orders between their reservation and their receipt.</summary>
    public int InFlight => _inFlight.Count;

    /// <inheritdoc cref="Openings.Waiting"/>
    public int OpeningsWaiting => _requests.OpeningsWaiting;

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

        // Only a new order is its holder's own word: an old one may be sent again by anybody who
        // has seen it. One connection too many is not served as a stranger's.
        if (!reserved.Value.IsReplay
            && !stream.Connection.Prove(reserved.Value.Checked.SpendKey))
        {
            _runs.GiveUp(reserved.Value);
            Refuse(stream, reserved.Value.Decoded.Order, RefusalReason.Overloaded);
            return ValueTask.CompletedTask;
        }

        OrderExchange exchange = new(_serving, reserved.Value, arrived, Finish);
        _inFlight[stream] = exchange;
        RefusalReason refusal = _runs.Ask(exchange);       // 5. execute, 6. commit the trace,
        if (refusal != RefusalReason.None)                 // 7. sign, 8. reply when durable
        {
            _serving.Metrics.Refused((ushort)refusal);
            exchange.Abandon(refusal, refusal.IsRetryable());
        }

        return ValueTask.CompletedTask;
    }

    public void OnCancel(IOrderStream order, ReadOnlySpan<byte> cancel)
    {
        if (_inFlight.TryGetValue(order, out OrderExchange? exchange))
        {
            exchange.Cancel(cancel);
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
    /// holders can acknowledge past them; those that nobody can run any more are given up.
    /// </summary>
    /// <returns>How many were queued.</returns>
    public int Resume(IReadOnlyList<StoredOrder> unfinished)
    {
        int queued = 0;
        foreach (StoredOrder order in unfinished)
        {
            queued += _runs.Resume(order) ? 1 : 0;
        }

        return queued;
    }

    /// <summary>A numbered answer, and the connection's end where the signature was bad.</summary>
    private void Refuse(IOrderStream stream, in Order order, RefusalReason refusal)
    {
        string text = Refusals.Describe(refusal) + FiguresOf(refusal, order);
        _serving.Metrics.Refused((ushort)refusal);
        _serving.Refusals.Order((ushort)refusal, text, order.Channel, order.Seq);
        stream.SendError((ushort)refusal, text, refusal.IsRetryable());
        if (refusal.IsAbusive())
        {
            stream.Connection.Close((ushort)refusal, text, abusive: true);
        }

        stream.Dispose();
    }

    /// <summary>How much there is, and of how much, where something is full.</summary>
    private string FiguresOf(RefusalReason refusal, in Order order)
    {
        ChannelView channel = refusal is RefusalReason.KeyInputsFull or RefusalReason.DisputesFull
            ? _serving.Ledger.View(order.Channel, order.Seq, default, out _)
            : default;
        return refusal switch
        {
            RefusalReason.InputsFull => string.Create(CultureInfo.InvariantCulture,
                $" (it keeps {_serving.Ledger.Figures.InputBytes} of ")
                + $"{_serving.Policy.NodeInputBytesMax})",
            RefusalReason.KeyInputsFull => string.Create(CultureInfo.InvariantCulture,
                $" (it keeps {channel.KeyInputBytes} of {_serving.Policy.KeyInputBytesMax})"),
            RefusalReason.DisputesFull => string.Create(CultureInfo.InvariantCulture,
                $" ({channel.NodeDisputeUnits} of {channel.DisputeBounds.AllUnits} units, ")
                + $"{channel.DisputeBounds.OneUnits} of one order)",
            _ => "",
        };
    }

    private void Finish(IOrderStream stream) => _inFlight.TryRemove(stream, out _);
}
