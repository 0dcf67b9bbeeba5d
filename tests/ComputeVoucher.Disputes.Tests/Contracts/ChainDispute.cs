using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Execution;

namespace ComputeVoucher.Disputes.Tests;

/// <summary>One dispute on a chain about a run of a real model, both sides played to its end.
/// </summary>
internal static class ChainDispute
{
    /// <summary>Plays a dispute between the holder, who ran the order himself, and a provider that
    /// answers from what it signed.</summary>
    /// <param name="chain">Where the court is.</param>
    /// <param name="own">The honest run.</param>
    /// <param name="signed">The provider's.</param>
    public static async Task<ChainMoves> PlayAsync(
        DescentChain chain, RecordedRun own, RecordedRun signed)
    {
        (Brief brief, SignedStatement receipt) = await chain.OrderAsync(signed);
        ChainMoves moves = await ChainMoves.OpenAsync(
            chain, brief, receipt, signed.Model is LanguageModel ? signed.Input : []);
        DescentOpener opener = new(own, RunTree.Trace, receipt.TraceRoot);
        for (DescentPick? pick = DescentPick.Whole(receipt.TraceRoot); pick is not null;)
        {
            byte[] data = DescentAnswers.Data(signed, opener.Position);
            await moves.AnswerAsync(data);
            pick = opener.Answered(data);
            if (pick is not null)
            {
                await moves.PickAsync(pick);
            }
        }

        // Where operands lie scattered, to ask for them costs less than to open them all.
        if (opener.Operands() is { } request)
        {
            await moves.OperandsAsync(
                request.Encode(), DescentAnswers.Operands(signed, request),
                values => opener.Refutation(request, values));
        }
        else
        {
            await moves.ProveAsync(opener.Proof());
        }

        return moves;
    }
}
