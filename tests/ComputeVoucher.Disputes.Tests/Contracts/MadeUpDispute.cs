using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes.Tests;

/// <summary>A dispute about one wrong element of a made-up run: straight to it.</summary>
internal static class MadeUpDispute
{
    /// <summary>Of the order; what a run costs changes no gas.</summary>
    private const ulong Units = 1_000_000;

    public static async Task<ChainMoves> PlayAsync(
        DescentChain chain, MadeUpRun run, WrongElement wrong)
    {
        (Brief brief, SignedStatement receipt) = await chain.OrderAsync(
            run.ModelRoot, Execution.InputRecord.Root(run.Input), Units, run.Steps,
            Keccak256.Hash([]), run.TraceRoot);
        ChainMoves moves = await ChainMoves.OpenAsync(chain, brief, receipt, run.Input);
        await DescendAsync(moves, run, wrong);
        OperandsRequest request = run.Request(wrong);
        if (run.Witnesses.MayClaim(request))
        {
            await moves.OperandsAsync(
                request.Encode(), run.Answer(wrong),
                values => run.Witnesses.Refutation(
                    request, run.Witnesses.FirstOther(request, values)!.Value));
        }
        else
        {
            await moves.ProveAsync(
                run.Witnesses.Element(request.Tensor, request.Element, request.Rival));
        }

        return moves;
    }

    private static async Task DescendAsync(ChainMoves moves, MadeUpRun run, WrongElement wrong)
    {
        RunLayout layout = RunLayout.Of(run.Layout, run.Steps);
        int tensor = run.Request(wrong).Tensor;
        int bytes = TraceTree.ElementBytes(run.Layout.Type(wrong.At.Tensor));
        int leaf = (int)((long)wrong.Element * bytes / TraceTree.LeafBytes);
        DescentPosition at = DescentPosition.Of(layout, RunTree.Trace, run.TraceRoot);
        for (; ; )
        {
            DescentPosition inside = at.Entered(layout);
            byte[] data = run.Data(inside);
            await moves.AnswerAsync(data);
            DescentPosition after = DescentRules.Answer(layout, at, data)!.Value;
            if (inside.IsAtLeaves)
            {
                return;
            }

            int levels = inside.Depth;
            int target = (inside.IsInside ? leaf : tensor) >> (2 * (inside.Level - levels));
            DescentPick pick = DescentRules.PickOf(
                DescentRules.Fold(DescentRules.Nodes(inside, data)!, levels),
                target - inside.Below(levels).First);
            await moves.PickAsync(pick);
            at = DescentRules.Pick(after, pick)!.Value;
        }
    }
}
