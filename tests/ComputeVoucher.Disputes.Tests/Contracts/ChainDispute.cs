using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Disputes.Tests.Descent;

namespace ComputeVoucher.Disputes.Tests;

/// <summary>One dispute on a chain, both sides played to its end, and what each transaction took.
/// </summary>
internal sealed class ChainDispute
{
    private static readonly ulong s_silence = (ulong)TimeSpan.FromDays(3.5).TotalSeconds + 1;

    private readonly DescentChain _chain;
    private readonly RecordedRun _own;
    private readonly RecordedRun _signed;
    private readonly List<(string Move, ulong Gas, bool IsProvider)> _moves = [];
    private ulong _id;
    private Matter _matter;

    private ChainDispute(DescentChain chain, RecordedRun own, RecordedRun signed) =>
        (_chain, _own, _signed) = (chain, own, signed);

    /// <summary>How it ended; Lapsed where the node was not convicted.</summary>
    public Ending Ending { get; private set; }

    /// <summary>Gas of the transaction that convicted.</summary>
    public ulong Conviction => _moves[^1].Gas;

    /// <summary>Gas of all of it.</summary>
    public ulong Whole => (ulong)_moves.Sum(move => (long)move.Gas);

    /// <summary>Gas of the provider's moves.</summary>
    public ulong Providers => (ulong)_moves.Where(m => m.IsProvider).Sum(m => (long)m.Gas);

    /// <summary>Most gas of a move of that name; 0 where there was none.</summary>
    public ulong Most(string move) =>
        _moves.Where(m => m.Move == move).Select(m => m.Gas).DefaultIfEmpty().Max();

    public override string ToString() =>
        string.Join(", ", _moves.Select(m => $"{m.Move} {m.Gas}"));

    /// <summary>Plays a dispute between the holder, who ran the order himself, and a provider that
    /// answers from what it signed.</summary>
    /// <param name="chain">Where the court is.</param>
    /// <param name="own">The honest run.</param>
    /// <param name="signed">The provider's.</param>
    public static async Task<ChainDispute> PlayAsync(
        DescentChain chain, RecordedRun own, RecordedRun signed)
    {
        ChainDispute dispute = new(chain, own, signed);
        await dispute.PlayAsync();
        return dispute;
    }

    private async Task PlayAsync()
    {
        (Brief brief, SignedStatement receipt) = await _chain.OrderAsync(_signed);
        await OpenAsync(brief, receipt);
        DescentOpener opener = new(_own, RunTree.Trace, receipt.TraceRoot);
        for (DescentPick? pick = DescentPick.Whole(receipt.TraceRoot); pick is not null;)
        {
            byte[] data = DescentAnswers.Data(_signed, opener.Position);
            await MoveAsync("answer", true, DisputesContract.Answer(_id, _matter, data));
            pick = opener.Answered(data);
            if (pick is not null)
            {
                await MoveAsync("pick", false, DisputesContract.Pick(
                    _id, _matter, (uint)pick.Child, pick.Hash, [.. pick.Siblings]),
                    DisputesContract.AnswerGas);
            }
        }

        // Where operands lie scattered, to ask for them costs less than to open them all.
        Ending = opener.Operands() is { } request
            ? await OperandsAsync(opener, request)
            : await ProveAsync(opener);
        CaseState state = await _chain.Court.CaseAsync(
            _matter.Channel, _matter.Seq, BlockTag.Latest, default);
        Assert.Equal(Ending != Ending.Lapsed, state.IsConvicted);
        Dispute end = await _chain.Disputes.DisputeAsync(_id, BlockTag.Latest, default);
        Assert.True(end.IsOver);
    }

    private async Task OpenAsync(Brief brief, SignedStatement receipt)
    {
        TransactionReceipt opened = await _chain.SendAsync(
            _chain.Holder, _chain.Addresses.Challenges,
            ChallengesContract.Open(
                brief, receipt, DisputePurpose.Trace, [], RecordOpening.None),
            await _chain.PrepaidAsync(DisputesContract.AnswerGas));
        _moves.Add(("open", opened.GasUsed, false));
        DisputeEvent first = opened.Logs.Select(Read).First(e => e is not null)!;
        Assert.Equal(DisputeEventKind.Opened, first.Kind);
        (_id, _matter) = (first.Id, first.Matter);
        Dispute dispute = await _chain.Disputes.DisputeAsync(_id, BlockTag.Latest, default);
        Assert.Equal(_matter.Hash(), dispute.Matter);
        Assert.Equal(DisputeState.WantNodes, dispute.State);
    }

    private async Task<Ending> ProveAsync(DescentOpener opener)
    {
        if (opener.Proof() is not { } proof)
        {
            return Ending.Lapsed;
        }

        await MoveAsync("prove", false, DisputesContract.Prove(_id, _matter, proof));
        return Ending.Proof;
    }

    /// <summary>Where the values that were signed explain nothing, the provider has no answer.
    /// </summary>
    private async Task<Ending> OperandsAsync(DescentOpener opener, OperandsRequest request)
    {
        await MoveAsync("ask", false, DisputesContract.AskOperands(
            _id, _matter, request.Encode()), DisputesContract.OperandsGas);
        OperandsAnswer answer = DescentAnswers.Operands(_signed, request);
        byte[] data = DisputesContract.AnswerOperands(
            _id, _matter, request.Encode(), answer.Values, answer.Proof);
        if (!await WouldAsync(data))
        {
            DisputeTurn turn = await _chain.Disputes.TurnAsync(_id, BlockTag.Latest, default);
            Assert.Equal((DisputeSide.Provider, false), (turn.Side, turn.IsOverdue));
            await _chain.PassAsync(s_silence);
            await MoveAsync("timeout", false, DisputesContract.Timeout(_id, _matter));
            return Ending.Silence;
        }

        await MoveAsync("operands", true, data);
        byte[]? opening = opener.Refutation(request, answer.Values);
        Assert.NotNull(opening);
        await MoveAsync("refute", false, DisputesContract.Refute(
            _id, _matter, request.Encode(), answer.Values, opening));
        return Ending.Proof;
    }

    private async Task<bool> WouldAsync(byte[] data)
    {
        try
        {
            await _chain.Rpc.CallAsync(
                new CallRequest(
                    _chain.Provider.Address, _chain.Addresses.Disputes, data),
                BlockTag.Latest, default);
            return true;
        }
        catch (ChainException refused) when (refused.Fault == ChainFault.Reverted)
        {
            Assert.Contains("does not come out", refused.Message, StringComparison.Ordinal);
            return false;
        }
    }

    private async Task MoveAsync(string move, bool isProvider, byte[] data, ulong prepaid = 0)
    {
        TransactionReceipt receipt = await _chain.SendAsync(
            isProvider ? _chain.Provider : _chain.Holder, _chain.Addresses.Disputes, data,
            prepaid == 0 ? default : await _chain.PrepaidAsync(prepaid));
        _moves.Add((move, receipt.GasUsed, isProvider));
    }

    private static DisputeEvent? Read(LogEntry log) =>
        DisputeEvent.TryRead(log, out DisputeEvent read) ? read : null;
}
