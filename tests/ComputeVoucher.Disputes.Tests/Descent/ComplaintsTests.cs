using System;
using System.Linq;
using ComputeVoucher.Disputes.Tests.Language;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Execution.Tests;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes.Tests.Descent;

/// <summary>Which complaint a wrong statement is brought with, and that a right one has none.
/// </summary>
public sealed class ComplaintsTests
{
    private static readonly Bytes32 s_other = Keccak256.Hash([1]);

    [Fact]
    public void Graph_EveryWrongField_HasItsComplaint()
    {
        Prng numbers = new(20_260_203);
        using GraphModel model = RandomLayers.All["CONV_2D"](numbers).Build();
        OrderedRun order = new(numbers.Bytes(model.InputBytesMax), 2, IsCancelled: false);
        StatedRun right = Honest(model, order, 1);

        Assert.Null(Complaints.Find(model, order, [right]));
        Assert.Equal(ComplaintKind.Units, Kind(right with { Units = right.Units + 1 }));
        Assert.Equal(ComplaintKind.Steps, Kind(right with { Steps = 2 }));
        Assert.Equal(ComplaintKind.Output, Kind(right with { OutputRoot = s_other }));
        Assert.Equal(ComplaintKind.DescendTrace, Kind(right with { TraceRoot = s_other }));
        Assert.Equal(ComplaintKind.DescendTrace, Kind(right with { TraceRoot = default }));
        Assert.Equal(
            ComplaintKind.Equivocation, Kind(right, right with { OutputRoot = s_other }));
        Assert.Equal(ComplaintKind.Nothing, Kind(right with { Steps = 0 }));
        Assert.Equal(ComplaintKind.Cancel, Kind(Nothing));
        Assert.Null(Complaints.Find(model, order with { IsCancelled = true }, [Nothing]));
        // Without the trace that was not ordered, the output alone is judged.
        StatedRun silent = right with { TraceRoot = default };
        Assert.Null(Complaints.Find(model, order with { Flags = 0 }, [silent]));

        Complaint output =
            Complaints.Find(model, order, [right with { OutputRoot = s_other }])!;
        Assert.Equal(
            right.OutputRoot, TraceTree.ListRoot([.. output.Members.Select(m => m.Hash)]));

        ComplaintKind? Kind(params StatedRun[] stated) =>
            Complaints.Find(model, order, stated)?.Kind;
    }

    /// <summary>Of a receipt without a root: what the TraceRoot says that was stated later.
    /// </summary>
    [Fact]
    public void Graph_RootStatedLater_JudgesTheReceipt()
    {
        Prng numbers = new(20_260_204);
        using GraphModel model = RandomLayers.All["CONV_2D"](numbers).Build();
        OrderedRun order = new(numbers.Bytes(model.InputBytesMax), 0, IsCancelled: false);
        StatedRun right = Honest(model, order, 1);
        StatedRun silent = right with { TraceRoot = default };
        StatedRun wrong = silent with { OutputRoot = s_other };
        StatedRun root = new(false, 1, default, right.TraceRoot, 0);

        Complaint asked = Complaints.Find(model, order, [wrong])!;
        Assert.Equal((ComplaintKind.DescendTrace, wrong), (asked.Kind, asked.About));
        Complaint output = Complaints.Find(model, order, [wrong, root])!;
        Assert.Equal(ComplaintKind.Output, output.Kind);
        Assert.Equal((wrong, (StatedRun?)root), (output.About, output.Other));
        Assert.Equal(
            right.OutputRoot, TraceTree.ListRoot([.. output.Members.Select(m => m.Hash)]));

        StatedRun otherRoot = root with { TraceRoot = s_other };
        foreach (StatedRun receipt in new[] { wrong, silent })
        {
            Complaint trace = Complaints.Find(model, order, [receipt, otherRoot])!;
            Assert.Equal((ComplaintKind.DescendTrace, otherRoot), (trace.Kind, trace.About));
        }

        Assert.Null(Complaints.Find(model, order, [silent, root]));
    }

    [Fact]
    public void Language_EveryWrongField_HasItsComplaint()
    {
        using LanguageModel model = LanguageTamperTests.Tiny();
        OrderedRun free = new(
            new InputRecord([3, 5], 6, [], SamplingOptions.Greedy).Encode(), 2, false);
        StatedRun all = Honest(model, free, 6);
        Assert.Null(Complaints.Find(model, free, [all]));
        using RecordedRun run = RecordedRun.Of(model, free.Input, 6);
        int first = BitConverter.ToInt32(run.Output[0].Data);
        OrderedRun order = free with
        {
            Input = new InputRecord([3, 5], 6, [first], SamplingOptions.Greedy).Encode(),
        };
        StatedRun whole = Honest(model, order, 1);

        Assert.Null(Complaints.Find(model, order, [whole]));
        Complaint beyond = Complaints.Find(model, order, [Honest(model, order, 6)])!;
        Assert.Equal(ComplaintKind.Steps, beyond.Kind);
        Assert.Equal((0u, 0u), (beyond.Place, beyond.End));
        Assert.Equal(first, BitConverter.ToInt32(beyond.Leaf.Leaf));
        Assert.Equal(128, beyond.Record[0].Leaf.Length);

        StatedRun shorter = Honest(model, free, 3);
        Assert.Equal(ComplaintKind.Cancel, Complaints.Find(model, free, [shorter])!.Kind);
        Assert.Null(Complaints.Find(model, free with { IsCancelled = true }, [shorter]));
        Assert.Equal(
            ComplaintKind.DescendOutput,
            Complaints.Find(model, free, [all with { OutputRoot = s_other }])!.Kind);
        Assert.Equal(
            ComplaintKind.DescendTrace,
            Complaints.Find(model, free, [all with { TraceRoot = s_other }])!.Kind);
        Assert.Equal(
            ComplaintKind.Units,
            Complaints.Find(model, free, [all with { Units = 1 }])!.Kind);
    }

    /// <summary>Another token in the output than in the trace: a descent into the output.</summary>
    [Fact]
    public void Language_OtherToken_IsOpenedInBothTrees()
    {
        using LanguageModel model = LanguageTamperTests.Tiny();
        byte[] input = new InputRecord([3, 5], 6, [], SamplingOptions.Greedy).Encode();
        using RecordedRun own = RecordedRun.Of(model, input, 6);
        byte[] tokens = [.. own.Output[0].Data];
        tokens[8] ^= 1;
        RecordedRun cheat = own.With(own.Trace, tokens);
        Court court = new(own.Layout, RunTree.Output, cheat.Output.Root);
        DescentOpener opener = new(own, RunTree.Output, cheat.Output.Root);

        byte[] data = DescentAnswers.Answer(cheat, court.Position);
        Assert.True(court.Answer(data));
        Assert.Null(opener.Answered(data));

        Assert.Equal(new OperandsRequest(0, 2), opener.Element());
        byte[] proof = opener.Proof()!;
        Assert.Equal([4, 0, 0, 0, 2], proof[..5]);
    }

    private static StatedRun Nothing =>
        new(true, 0, OutputInfo.Nothing.OutputRoot, default, 0);

    private static StatedRun Honest(IModel model, OrderedRun order, uint steps)
    {
        using RecordedRun run = RecordedRun.Of(model, order.Input, steps);
        uint prompt = model is LanguageModel ? 2u : 0;
        return new(
            true, steps, run.Output.Root, run.Trace.Root,
            model.Costs.Run(prompt, steps, WantedProofs.None));
    }
}
