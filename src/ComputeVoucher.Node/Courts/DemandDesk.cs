using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node;

/// <summary>
/// Results that were promised and are demanded: the order is run again for its output, and the
/// receipt goes with it. Of an order that was given up the receipt is made now; it is the one that
/// there would have been, for it follows from the order alone.
/// </summary>
internal sealed class DemandDesk
{
    private readonly Serving _serving;
    private readonly CourtParties _court;
    private readonly CourtDocket _docket;
    private readonly CourtMoves _moves;
    private readonly Reruns<RunResult> _runs;
    private readonly Func<Address, Address, UInt128?> _atRiskWei;

    /// <param name="serving">Ledger, models, node key.</param>
    /// <param name="court">Where the demands are.</param>
    /// <param name="docket">Which.</param>
    /// <param name="moves">Takes the answers.</param>
    /// <param name="runs">Of the orders that are demanded.</param>
    /// <param name="atRiskWei">Worth of the bond of a token before a court.</param>
    public DemandDesk(Serving serving, CourtParties court, CourtDocket docket, CourtMoves moves,
        Reruns<RunResult> runs, Func<Address, Address, UInt128?> atRiskWei) =>
        (_serving, _court, _docket, _moves, _runs, _atRiskWei) =
            (serving, court, docket, moves, runs, atRiskWei);

    /// <summary>Reads how every demand stands.</summary>
    /// <exception cref="ChainException">No endpoint answers.</exception>
    public async Task LookAsync(BlockHeader head, CancellationToken cancel)
    {
        foreach (DemandCase one in new List<DemandCase>(_docket.Demands.Values))
        {
            one.State = await _court.Claims
                .DemandAsync(one.Channel, one.Seq, BlockTag.Latest, cancel).ConfigureAwait(false);
            one.Order = await _serving.Ledger.OrderAtAsync(one.Channel, one.Seq)
                .ConfigureAwait(false);
            if (!one.State.IsOpen)
            {
                Close(one, head);
                continue;
            }

            one.OverAt = 0;
            if (one.Order is { } order && !one.IsPinned)
            {
                await _serving.Ledger.PinOrder(order.Hash, one.PinOf(_court.Address))
                    .ConfigureAwait(false);
                one.IsPinned = true;
            }

            NoteTime(one, head.Timestamp);
        }
    }

    /// <summary>Answers. What fails for one does not stop the others.</summary>
    /// <exception cref="ChainException">No endpoint answers.</exception>
    public async Task StepAsync(BlockHeader head, CancellationToken cancel)
    {
        foreach (DemandCase one in _docket.Demands.Values)
        {
            bool waits = one.OverAt == 0 && !one.State.WantsInput
                && one.State.RespondBy >= head.Timestamp;
            if (!waits)
            {
                continue;
            }

            try
            {
                await AnswerAsync(one, head, cancel).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure
                is not (ChainException or LedgerException or OperationCanceledException))
            {
                string problem = Failure.Describe(failure);
                if (one.Problem != problem)
                {
                    one.Problem = problem;
                    _serving.Log.DemandStuck(one.Channel, one.Seq, problem);
                }
            }
        }
    }

    private void Close(DemandCase one, BlockHeader head)
    {
        one.OverAt = one.OverAt == 0 ? head.Number : one.OverAt;
        if (head.Number < one.OverAt + CourtDocket.ReorgBlocks)
        {
            return;
        }

        _docket.Demands.Remove((one.Channel, one.Seq));
        if (one.Order is { } order)
        {
            _ = _serving.Ledger.UnpinOrder(order.Hash, one.PinOf(_court.Address));
            _runs.Forget(order.Hash);
        }
    }

    private void NoteTime(DemandCase one, ulong now)
    {
        ulong left = one.State.RespondBy - Math.Min(one.State.RespondBy, now);
        if (!one.State.WantsInput && left < Courtroom.AlertSeconds && !one.IsAlerted)
        {
            one.IsAlerted = true;
            _serving.Log.DemandUrgent(one.Channel, one.Seq, left);
        }
    }

    private async Task AnswerAsync(DemandCase one, BlockHeader head, CancellationToken cancel)
    {
        string key = string.Create(CultureInfo.InvariantCulture,
            $"demand {one.Channel} {one.Seq} {one.State.IsInputShown}");
        if (_moves.IsSent(key, one.Sent)
            || _serving.Ledger.Channel(one.Channel) is not { } channel
            || !_serving.Policy.Classes.TryGetValue(
                channel.Row.Terms.ClassId, out VoucherClass terms))
        {
            return;
        }

        StoredOrder order = one.Order ?? throw new NodeException("no such order is stored");
        bool runs = order.State == OrderState.Reserved
            && one.State.RespondBy > head.Timestamp + Courtroom.AlertSeconds;
        if (runs)
        {
            // It may still end with a Cancel, and then with another receipt.
            return;
        }

        byte[]? data = await AnswerAsync(one, order, channel.Row.Terms, terms, head, cancel)
            .ConfigureAwait(false);
        if (data is not null)
        {
            one.Sent = await _moves.SendAsync("demand", key, _court.Claims.Address, data,
                _atRiskWei(terms.Token, _court.Address), isUrgent: true, cancel)
                .ConfigureAwait(false);
            _serving.Log.DemandAnswered(one.Channel, one.Seq);
        }
    }

    /// <summary>Null while the order is run again.</summary>
    private async Task<byte[]?> AnswerAsync(DemandCase one, StoredOrder order,
        ChannelTerms channel, VoucherClass terms, BlockHeader head, CancellationToken cancel)
    {
        if (!_serving.Models.TryGetValue(order.Order.ModelRoot, out IModel? model))
        {
            throw new NodeException(
                $"model {order.Order.ModelRoot} is not served any more (serve:models)");
        }

        bool isNothing = order.Receipt is { Receipt.Steps: 0 } || order.CancelSteps == 0;
        RunResult? result = RunResult.Nothing(order.Order.InputRoot);
        if (!isNothing)
        {
            byte[] input = one.Shown ?? _serving.Ledger.Input(order.Hash);
            if (input.Length == 0)
            {
                one.Shown = await ShownAsync(one, model, order.Order, head, cancel)
                    .ConfigureAwait(false);
                if (one.Shown is not null)
                {
                    await DisputeDesk.RestoreAsync(_serving.Ledger, order.Hash, one.Shown)
                        .ConfigureAwait(false);
                }

                DisputeDesk.CheckShowable(model, order.Hash);
                return one.Shown is null && !one.State.IsInputShown
                    ? ClaimsContract.WantInput(
                        new Brief(terms, channel, order.Order, order.Signature))
                    : null;
            }

            Rerun what = Rerun.Of(order, model, input);
            result = _runs.TryGet(what, "output", what.Run);
        }

        return result is null ? null : ClaimsContract.Answer(
            terms, channel, DeliveryOf(_serving, order, result));
    }

    /// <summary>Order, receipt and output as a court takes them.</summary>
    /// <exception cref="NodeException">The result is not the receipt's.</exception>
    public static Delivery DeliveryOf(Serving serving, StoredOrder order, RunResult result)
    {
        StoredReceipt? stored = order.Receipt;
        Receipt made = DoneOrder.ReceiptOf(order.Hash, result);
        if (stored is { } told && told.Receipt != made)
        {
            // Whoever signs two stories about one order loses the stake.
            throw new NodeException("another result than the receipt's; check memory");
        }

        Signature signature = stored?.Signature
            ?? serving.NodeKey.Sign(made.Digest(serving.Separator));
        return new Delivery(order.Order, order.Signature,
            SignedStatement.Of(made, signature), result.Output);
    }

    private async Task<byte[]?> ShownAsync(DemandCase one, IModel model, Order order,
        BlockHeader head, CancellationToken cancel)
    {
        if (!one.State.IsInputShown)
        {
            return null;
        }

        foreach (LogEntry log in await _court.LogsAsync(_court.Claims.Address, one.Block,
            head.Number, [[], [one.Channel]], cancel).ConfigureAwait(false))
        {
            if (CaseEvent.TryRead(log, out CaseEvent read) && read.Seq == one.Seq
                && read.Kind == CaseEventKind.InputShown
                && await MoveCalls.ReadAsync(
                        _court.Rpc, log, _court.Claims.Address, one.Channel, cancel)
                    .ConfigureAwait(false) is { } move)
            {
                return ClaimsContract.TryReadInput(move, out byte[] input)
                    && model.CheckInput(input).InputRoot == order.InputRoot
                    ? input
                    : throw new NodeException("the input was shown and cannot be read");
            }
        }

        return null;
    }
}
