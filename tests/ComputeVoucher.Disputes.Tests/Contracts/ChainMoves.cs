using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Disputes.Tests.Descent;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Disputes.Tests;

/// <summary>The moves of one dispute on a chain, and the gasUsed of each transaction.</summary>
internal sealed class ChainMoves
{
    private static readonly ulong s_silence = (ulong)TimeSpan.FromDays(3.5).TotalSeconds + 1;

    private readonly DescentChain _chain;
    private readonly ulong _id;
    private readonly Matter _matter;
    private readonly List<(string Move, ulong Gas, bool IsProvider)> _moves = [];

    private ChainMoves(DescentChain chain, DisputeEvent opened, ulong gas)
    {
        (_chain, _id, _matter) = (chain, opened.Id, opened.Matter);
        _moves.Add(("open", gas, false));
    }

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

    /// <summary>Opens a dispute about the trace of a receipt.</summary>
    /// <param name="chain">Where the court is.</param>
    /// <param name="brief">The order.</param>
    /// <param name="receipt">Of it.</param>
    /// <param name="input">The record of a language model; empty of a graph.</param>
    public static async Task<ChainMoves> OpenAsync(
        DescentChain chain, Brief brief, SignedStatement receipt, byte[] input)
    {
        RecordOpening[] record = [];
        if (input.Length > 0)
        {
            (byte[] leaf, Bytes32[] siblings) = RecordHead.Open(input);
            record = [new RecordOpening(0, leaf, siblings)];
        }

        TransactionReceipt opened = await chain.SendAsync(
            chain.Holder, chain.Addresses.Challenges,
            ChallengesContract.Open(
                brief, receipt, DisputePurpose.Trace, record, RecordOpening.None),
            await chain.PrepaidAsync(DisputesContract.AnswerGas));
        DisputeEvent first = opened.Logs.Select(Read).First(e => e is not null)!;
        Assert.Equal(DisputeEventKind.Opened, first.Kind);
        Dispute dispute = await chain.Disputes.DisputeAsync(first.Id, BlockTag.Latest, default);
        Assert.Equal(first.Matter.Hash(), dispute.Matter);
        Assert.Equal(DisputeState.WantNodes, dispute.State);
        return new ChainMoves(chain, first, opened.GasUsed);
    }

    public Task AnswerAsync(byte[] data) =>
        MoveAsync("answer", true, DisputesContract.Answer(_id, _matter, data));

    public Task PickAsync(DescentPick pick) => MoveAsync(
        "pick", false, DisputesContract.Pick(
            _id, _matter, (uint)pick.Child, pick.Hash, [.. pick.Siblings]),
        DisputesContract.AnswerGas);

    /// <summary>Ends it with a proof, or without one where there is none.</summary>
    public async Task ProveAsync(byte[]? proof)
    {
        Ending = Ending.Lapsed;
        if (proof is not null)
        {
            await MoveAsync("prove", false, DisputesContract.Prove(_id, _matter, proof));
            Ending = Ending.Proof;
        }

        await CheckEndAsync();
    }

    /// <summary>Ends it with operands that were asked for: refuted, or where the values that were
    /// signed explain nothing, by silence.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="answer">The provider's.</param>
    /// <param name="refutation">Of the opener, to these values.</param>
    public async Task OperandsAsync(
        byte[] request, OperandsAnswer answer, Func<byte[], byte[]?> refutation)
    {
        await MoveAsync("ask", false, DisputesContract.AskOperands(_id, _matter, request),
            DisputesContract.OperandsGas);
        byte[] data = DisputesContract.AnswerOperands(
            _id, _matter, request, answer.Values, answer.Proof);
        if (await WouldAsync(data))
        {
            await MoveAsync("operands", true, data);
            byte[]? opening = refutation(answer.Values);
            Assert.NotNull(opening);
            await MoveAsync("refute", false, DisputesContract.Refute(
                _id, _matter, request, answer.Values, opening));
            Ending = Ending.Proof;
        }
        else
        {
            DisputeTurn turn = await _chain.Disputes.TurnAsync(_id, BlockTag.Latest, default);
            Assert.Equal((DisputeSide.Provider, false), (turn.Side, turn.IsOverdue));
            await _chain.PassAsync(s_silence);
            await MoveAsync("timeout", false, DisputesContract.Timeout(_id, _matter));
            Ending = Ending.Silence;
        }

        await CheckEndAsync();
    }

    private async Task CheckEndAsync()
    {
        CaseState state = await _chain.Court.CaseAsync(
            _matter.Channel, _matter.Seq, BlockTag.Latest, default);
        Assert.Equal(Ending != Ending.Lapsed, state.IsConvicted);
        Dispute end = await _chain.Disputes.DisputeAsync(_id, BlockTag.Latest, default);
        Assert.True(end.IsOver);
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
