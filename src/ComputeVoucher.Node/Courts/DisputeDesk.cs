using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Disputes;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node;

/// <summary>
/// The provider's side of the disputes before one court: each look reads how a dispute stands and
/// makes the move that is due, from the order that was stored, run again. Nothing of a dispute is
/// remembered that a restart would lose.
/// </summary>
internal sealed class DisputeDesk
{
    private readonly Serving _serving;
    private readonly CourtParties _court;
    private readonly CourtDocket _docket;
    private readonly CourtMoves _moves;
    private readonly DisputeRuns _runs;
    private readonly Func<Address, Address, UInt128?> _atRiskWei;

    /// <param name="serving">Ledger, models, node key.</param>
    /// <param name="court">Where the disputes are.</param>
    /// <param name="docket">Which.</param>
    /// <param name="moves">Takes the moves.</param>
    /// <param name="runs">Of the orders in dispute, and the answers.</param>
    /// <param name="atRiskWei">Worth of the bond of a token before a court.</param>
    public DisputeDesk(Serving serving, CourtParties court, CourtDocket docket, CourtMoves moves,
        DisputeRuns runs, Func<Address, Address, UInt128?> atRiskWei) =>
        (_serving, _court, _docket, _moves, _runs, _atRiskWei) =
            (serving, court, docket, moves, runs, atRiskWei);

    /// <summary>Reads how every dispute stands.</summary>
    /// <exception cref="ChainException">No endpoint answers.</exception>
    public async Task LookAsync(BlockHeader head, CancellationToken cancel)
    {
        foreach (DisputeCase one in new List<DisputeCase>(_docket.Disputes.Values))
        {
            one.State = await _court.Disputes
                .DisputeAsync(one.Id, BlockTag.Latest, cancel).ConfigureAwait(false);
            if (one.State.IsOver)
            {
                Close(one, head);
                continue;
            }

            one.OverAt = 0;
            if (!one.IsPinned)
            {
                await _serving.Ledger.PinOrder(one.Matter.OrderHash, one.PinOf(_court.Address))
                    .ConfigureAwait(false);
                one.IsPinned = true;
            }

            DisputeTurn turn = await _court.Disputes
                .TurnAsync(one.Id, BlockTag.Latest, cancel).ConfigureAwait(false);
            one.EndsAt = turn.Side == DisputeSide.Provider ? turn.EndsAt : 0;
            NoteTime(one, head.Timestamp);
        }
    }

    /// <summary>Makes the moves that are due. What fails for one does not stop the others.
    /// </summary>
    /// <exception cref="ChainException">No endpoint answers.</exception>
    public async Task StepAsync(BlockHeader head, CancellationToken cancel)
    {
        foreach (DisputeCase one in _docket.Disputes.Values)
        {
            if (one.OverAt != 0 || one.EndsAt < head.Timestamp)
            {
                continue;
            }

            try
            {
                await MoveAsync(one, head, cancel).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure
                is not (ChainException or LedgerException or OperationCanceledException))
            {
                string problem = Failure.Describe(failure);
                if (one.Problem != problem)
                {
                    one.Problem = problem;
                    _serving.Log.DisputeStuck(one.Id, problem);
                }
            }
        }
    }

    /// <summary>What is over is forgotten once no reorganisation brings it back.</summary>
    private void Close(DisputeCase one, BlockHeader head)
    {
        one.EndsAt = 0;
        if (one.OverAt == 0)
        {
            one.OverAt = head.Number;
            _serving.Log.DisputeEnded(one.Id, one.State.State == DisputeState.Convicted
                ? "this node is convicted" : "the opener has lapsed");
        }

        if (head.Number >= one.OverAt + CourtDocket.ReorgBlocks)
        {
            _ = _serving.Ledger.UnpinOrder(one.Matter.OrderHash, one.PinOf(_court.Address));
            _docket.Disputes.Remove(one.Id);
            _runs.Forget(one.Matter.OrderHash);
        }
    }

    private void NoteTime(DisputeCase one, ulong now)
    {
        ulong left = one.EndsAt - Math.Min(one.EndsAt, now);
        if (one.EndsAt != 0 && left < Courtroom.AlertSeconds && one.AlertedFor != one.EndsAt)
        {
            one.AlertedFor = one.EndsAt;
            _serving.Log.DisputeUrgent(one.Id, one.Matter.OrderHash, left);
        }
    }

    private async Task MoveAsync(DisputeCase one, BlockHeader head, CancellationToken cancel)
    {
        Dispute state = one.State;
        string key = KeyOf(one);
        if (_moves.IsSent(key, one.Sent))
        {
            return;
        }

        Matter matter = one.Matter;
        List<DisputeEvent> said = [];
        if (matter.Hash() != state.Matter || state.State == DisputeState.WantOperands
            || state.Wraps.HasFlag(DisputeWraps.Shown))
        {
            if (one.Said.Key != key)
            {
                one.Said = (key, await _court.Disputes
                    .HistoryAsync(one.Id, one.Block, head.Number, cancel).ConfigureAwait(false));
            }

            said = one.Said.Events;
            matter = WithRoot(matter, state.Matter, said);
        }

        byte[]? data = state.State == DisputeState.WantCancel
            ? await CancelAsync(one.Id, matter).ConfigureAwait(false)
            : await AnswerAsync(one, matter, key, said, cancel).ConfigureAwait(false);
        if (data is not null)
        {
            one.Sent = await _moves.SendAsync("dispute", key, _court.Disputes.Address, data,
                _atRiskWei(matter.Token, _court.Address), isUrgent: true, cancel)
                .ConfigureAwait(false);
            _serving.Log.DisputeMoved(one.Id, state.State.ToString());
        }
    }

    /// <summary>Names a case and all that its answer depends on: a reorganisation may ask for
    /// something else under the same number.</summary>
    private string KeyOf(DisputeCase one)
    {
        Dispute state = one.State;
        return $"dispute {Keccak256.Hash(new AbiWriter()
            .Write(_court.Address).Write(one.Id).Write(state.Matter).Write(state.Commit)
            .Write((ulong)state.State).Write((ulong)state.Wraps).Write((ulong)state.Answers)
            .Write((ulong)state.Level).Write((ulong)state.Index).Write((ulong)state.Position)
            .ToArray())}";
    }

    private async Task<byte[]> CancelAsync(ulong id, Matter matter)
    {
        StoredOrder? order = await _serving.Ledger.OrderAsync(matter.OrderHash)
            .ConfigureAwait(false);
        return order?.Cancel is { } cancel
            ? DisputesContract.AnswerCancel(id, matter, cancel.Signature)
            : throw new NodeException($"no Cancel of order {matter.OrderHash} is stored");
    }

    /// <summary>Null while the order is run again.</summary>
    private async Task<byte[]?> AnswerAsync(DisputeCase one, Matter matter, string key,
        List<DisputeEvent> said, CancellationToken cancel)
    {
        if (!_serving.Models.TryGetValue(matter.Run.ModelRoot, out IModel? model))
        {
            throw new NodeException(
                $"model {matter.Run.ModelRoot} is not served any more (serve:models)");
        }

        byte[] input = one.Shown ?? _serving.Ledger.Input(matter.OrderHash);
        if (input.Length == 0)
        {
            one.Shown = await ShownAsync(model, matter, said, cancel).ConfigureAwait(false);
            if (one.Shown is null)
            {
                return WantInput(one, matter, model);
            }

            await RestoreAsync(_serving.Ledger, matter.OrderHash, one.Shown).ConfigureAwait(false);
            return null;
        }

        Rerun what = new(matter.OrderHash, matter.Channel, model, input, matter.Run.Steps);
        switch (one.State.State)
        {
            case DisputeState.WantRoot:
                StoredOrder? order = await _serving.Ledger.OrderAsync(matter.OrderHash)
                    .ConfigureAwait(false);
                return _runs.TryAnswer(what, key, run => Root(one.Id, matter, run, order?.Receipt));
            case DisputeState.WantNodes:
                DescentPosition position = PositionOf(one.State, matter);
                return _runs.TryAnswer(what, key, run => DisputesContract.Answer(
                    one.Id, matter, DescentAnswers.Answer(run, position)));
            default:
                byte[] request = await RequestAsync(one.Id, matter, said, cancel)
                    .ConfigureAwait(false);
                return _runs.TryAnswer(what, $"{key} {Keccak256.Hash(request)}",
                    run => Operands(one.Id, matter, run, request));
        }
    }

    /// <summary>An input is shown once for all disputes of its order: it is kept again.</summary>
    public static async Task RestoreAsync(LedgerStore ledger, Bytes32 orderHash, byte[] input)
    {
        if (await ledger.OrderAsync(orderHash).ConfigureAwait(false) is { } order)
        {
            await ledger.RestoreInput(order, input).ConfigureAwait(false);
        }
    }

    private byte[] Root(ulong id, Matter matter, RecordedRun run, StoredReceipt? receipt)
    {
        bool isOther = receipt is { } told && told.Receipt.Steps == matter.Run.Steps
            && told.Receipt.OutputRoot != run.Output.Root;
        if (isOther)
        {
            // Whoever signs two stories about one order loses the stake.
            throw new NodeException("another result than the receipt's; check memory");
        }

        TraceRootStatement statement = new(
            matter.OrderHash, matter.Run.Steps, run.Trace.Root);
        Signature signature = _serving.NodeKey.Sign(statement.Digest(_serving.Separator));
        return DisputesContract.AnswerRoot(
            id, matter, SignedStatement.Of(statement, signature));
    }

    private static byte[] Operands(ulong id, Matter matter, RecordedRun run, byte[] request)
    {
        OperandsAnswer answer = DescentAnswers.Operands(
            run, OperandsRequest.Decode(request)!.Value);
        return DisputesContract.AnswerOperands(
            id, matter, request, answer.Values, answer.Proof);
    }

    /// <summary>The operands that are asked for, which only some accounts may give.</summary>
    private async Task<byte[]> RequestAsync(
        ulong id, Matter matter, List<DisputeEvent> said, CancellationToken cancel)
    {
        Bytes32 wanted = await _court.Disputes
            .OperandsAsync(id, BlockTag.Latest, cancel).ConfigureAwait(false);
        DisputeEvent? asked = said.FindLast(one =>
            one.Kind == DisputeEventKind.OperandsWanted && Keccak256.Hash(one.Request) == wanted);
        if (asked is null || OperandsRequest.Decode(asked.Request) is null)
        {
            throw new NodeException("which operands are asked for is not in the logs");
        }

        return _moves.Sender == matter.Node
            || _moves.Sender == await ProviderAsync(matter, cancel).ConfigureAwait(false)
                ? asked.Request
                : throw new NodeException("operands are given by the node's or the provider's own "
                    + $"account, redeem:key is {_moves.Sender} (set it to one of them)");
    }

    private Task<Address> ProviderAsync(Matter matter, CancellationToken cancel) =>
        new ProvidersContract(_court.Rpc, _serving.Domain.Providers)
            .ProviderOfAsync(matter.Node, BlockTag.Latest, cancel);

    private static DescentPosition PositionOf(in Dispute state, Matter matter) => new(
        (RunTree)matter.Purpose, state.Commit,
        (DescentWraps)(state.Wraps
            & (DisputeWraps.List | DisputeWraps.Tensor | DisputeWraps.Inside)),
        state.Level,
        (int)state.Index, (int)state.Position, (long)state.Size);

    /// <summary>Before its first answer a node that has lost the input may ask for it, once.
    /// </summary>
    private static byte[] WantInput(DisputeCase one, in Matter matter, IModel model)
    {
        bool mayAsk = one.State.Answers == 0 && !one.State.Wraps.HasFlag(DisputeWraps.Shown);
        if (!mayAsk)
        {
            throw new NodeException($"the input of order {matter.OrderHash} is lost");
        }

        CheckShowable(model, matter.OrderHash);
        return DisputesContract.WantInput(one.Id, matter);
    }

    /// <summary>Whether a transaction can show an input of the model.</summary>
    /// <exception cref="NodeException">It cannot: nobody may be asked.</exception>
    public static void CheckShowable(IModel model, in Bytes32 orderHash)
    {
        // A language model's record is as long as its context allows, which fits.
        if (!model.IsStream && model.InputBytesMax > CourtLimits.InputShowBytesMax)
        {
            throw new NodeException($"the input of order {orderHash} is lost, and with "
                + $"{model.InputBytesMax} bytes nobody can be asked to show it (at most "
                + $"{CourtLimits.InputShowBytesMax})");
        }
    }

    /// <summary>What the opener has shown; null before.</summary>
    private async Task<byte[]?> ShownAsync(IModel model, Matter matter, List<DisputeEvent> said,
        CancellationToken cancel)
    {
        if (said.FindLast(one => one.Kind == DisputeEventKind.InputShown) is not { } shown)
        {
            return null;
        }

        byte[]? move = await MoveCalls.ReadAsync(_court.Rpc, shown.Log, _court.Disputes.Address,
            MoveCalls.About(shown.Id), cancel).ConfigureAwait(false);
        return move is not null
            && DisputesContract.TryReadInput(move, out _, out byte[] input)
            && model.CheckInput(input).InputRoot == matter.Run.InputRoot
                ? input
                : throw new NodeException("the input was shown and cannot be read");
    }

    private static Matter WithRoot(
        Matter matter, in Bytes32 hash, List<DisputeEvent> said)
    {
        DisputeEvent? stated = said.FindLast(one => one.Kind == DisputeEventKind.RootStated);
        Matter with = stated is null ? matter : matter.WithTraceRoot(stated.TraceRoot);
        return matter.Hash() == hash ? matter
            : with.Hash() == hash ? with
            : throw new NodeException("what the dispute is about is not in the logs");
    }
}
