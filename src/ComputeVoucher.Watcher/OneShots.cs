using System.Collections.Generic;
using ComputeVoucher.Chain;
using ComputeVoucher.Disputes;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Watcher;

/// <summary>Calls of Contradictions.sol: what convicts in one transaction, without a dispute.
/// </summary>
internal static class OneShots
{
    /// <summary>A complaint that shows in what was signed.</summary>
    public static byte[] Of(WatchedOrder order, Complaint complaint)
    {
        Brief brief = order.Brief;
        SignedStatement about = order.Signed(complaint.About);
        RecordOpening[] record = [.. Openings(complaint.Record)];
        return complaint.Kind switch
        {
            ComplaintKind.Equivocation => ContradictionsContract.Equivocation(
                brief, about, order.Signed(complaint.Other!), record),
            ComplaintKind.Units => ContradictionsContract.Units(brief, about, record),
            ComplaintKind.Steps => ContradictionsContract.Steps(
                brief, about, record, complaint.Place, complaint.End, Opening(complaint.Leaf)),
            ComplaintKind.Nothing => ContradictionsContract.Nothing(brief, about),
            _ => ContradictionsContract.Output(
                brief, about, order.Signed(complaint.Other!), [.. Members(complaint.Members)]),
        };
    }

    /// <summary>A trace that begins with other inputs than were ordered.</summary>
    public static byte[] Inputs(
        Brief brief, SignedStatement about, IReadOnlyList<ListMember> inputs) =>
        ContradictionsContract.Input(brief, about, [.. Members(inputs)]);

    /// <summary>An element that was opened all the way to the root.</summary>
    /// <param name="brief">The order.</param>
    /// <param name="about">A receipt where there is one: the refund is by its units.</param>
    /// <param name="stated">Where the trace root stands.</param>
    /// <param name="complaint">What began it: its record counts.</param>
    /// <param name="tree">Which root the element lies under.</param>
    /// <param name="proof">Of the element.</param>
    public static byte[] Element(Brief brief, SignedStatement about, SignedStatement stated,
        Complaint complaint, RunTree tree, byte[] proof) => ContradictionsContract.Element(
            brief, about, stated, [.. Openings(complaint.Record)], (CommittedTree)tree, proof);

    public static IEnumerable<RecordOpening> Openings(IEnumerable<LeafOpening> openings)
    {
        foreach (LeafOpening opening in openings)
        {
            yield return Opening(opening);
        }
    }

    public static RecordOpening Opening(LeafOpening opening) =>
        new(opening.Index, opening.Leaf, (Bytes32[])[.. opening.Siblings]);

    private static IEnumerable<TensorMember> Members(IEnumerable<ListMember> members)
    {
        foreach (ListMember member in members)
        {
            yield return new(member.Hash, (Bytes32[])[.. member.Siblings]);
        }
    }
}
