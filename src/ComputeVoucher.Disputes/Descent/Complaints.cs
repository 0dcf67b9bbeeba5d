using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Trace;
using ComputeVoucher.Trace.Internal;

namespace ComputeVoucher.Disputes;

/// <summary>
/// Finds what is wrong in what a node signed, by running the order once more; the cheapest
/// complaint comes first, a dispute where nothing else convicts.
/// </summary>
public static class Complaints
{
    /// <summary>Bit 1 of an order's flags: a trace root in the receipt is wanted.</summary>
    private const byte TraceFlag = 2;

    /// <summary>The complaint about any of the statements of one order; null where all are right.
    /// </summary>
    /// <param name="model">The model of the order.</param>
    /// <param name="order">What was ordered.</param>
    /// <param name="stated">By the node.</param>
    /// <param name="threads">Of the re-execution.</param>
    /// <exception cref="ModelException">The input does not fit the model: nothing honest can be
    /// said of it.</exception>
    public static Complaint? Find(
        IModel model, OrderedRun order, IReadOnlyList<StatedRun> stated, int threads = 1)
    {
        InputInfo info = model.CheckInput(order.Input);
        for (int i = 0; i < stated.Count; i++)
        {
            for (int j = 0; j < i; j++)
            {
                if (Contradict(stated[j], stated[i]))
                {
                    return new(ComplaintKind.Equivocation, stated[j])
                    {
                        Other = stated[i],
                        Record = Record(model, order.Input, []),
                    };
                }
            }
        }

        return stated.Select(s => AtOnce(model, order, s, info.StepsMax))
            .FirstOrDefault(c => c is not null)
            ?? stated.Where(s => s.Steps > 0)
                .Select(s => Rerun(model, order, s, stated, info.StepsMax, threads))
                .FirstOrDefault(c => c is not null);
    }

    /// <summary>Two statements of one order that cannot both be honest:
    /// Contradictions.equivocation.</summary>
    private static bool Contradict(StatedRun one, StatedRun other)
    {
        if (one.Steps != other.Steps)
        {
            return false;
        }

        bool traces = one.TraceRoot != other.TraceRoot;
        if (one.IsReceipt && other.IsReceipt)
        {
            return traces || one.OutputRoot != other.OutputRoot || one.Units != other.Units;
        }

        bool silent = (one.IsReceipt && one.TraceRoot.IsZero)
            || (other.IsReceipt && other.TraceRoot.IsZero);
        return traces && !silent;
    }

    /// <summary>What shows without running anything.</summary>
    private static Complaint? AtOnce(
        IModel model, OrderedRun order, StatedRun s, uint stepsMax)
    {
        if (s.Steps == 0)
        {
            bool produced = s.IsReceipt && s.OutputRoot != OutputInfo.Nothing.OutputRoot;
            return produced || !s.TraceRoot.IsZero ? new(ComplaintKind.Nothing, s)
                : order.IsCancelled || !s.IsReceipt ? null
                : new(ComplaintKind.Cancel, s) { Record = Record(model, order.Input, []) };
        }

        if (s.Steps > stepsMax)
        {
            return new(ComplaintKind.Steps, s) { Record = Record(model, order.Input, []) };
        }

        uint prompt = model is LanguageModel language
            ? (uint)language.Record(order.Input).Prompt.Length : 0;
        WantedProofs proofs = (WantedProofs)order.Flags & WantedProofs.All;
        return !s.IsReceipt || s.Units == model.Costs.Run(prompt, s.Steps, proofs) ? null
            : new(ComplaintKind.Units, s) { Record = Record(model, order.Input, []) };
    }

    /// <remarks>A receipt without a trace root is judged by the root that was stated elsewhere,
    /// or that is asked for: that root is wrong, or the output is.</remarks>
    private static Complaint? Rerun(
        IModel model, OrderedRun order, StatedRun s, IReadOnlyList<StatedRun> stated,
        uint stepsMax, int threads)
    {
        using RecordedRun own = RecordedRun.Of(model, order.Input, s.Steps, threads);
        IReadOnlyList<LeafOpening> record = Record(model, order.Input, []);
        bool isOther = s.IsReceipt && s.OutputRoot != own.Output.Root;
        StatedRun? rooted = s.TraceRoot.IsZero
            ? stated.FirstOrDefault(t => t.Steps == s.Steps && !t.TraceRoot.IsZero)
            : s;
        if (rooted is null)
        {
            return isOther || (order.Flags & TraceFlag) != 0
                ? new(ComplaintKind.DescendTrace, s) { Record = record }
                : Ends(own, order, s, stepsMax);
        }

        if (rooted.TraceRoot != own.Trace.Root)
        {
            return new(ComplaintKind.DescendTrace, rooted) { Record = record };
        }

        return !isOther ? Ends(own, order, s, stepsMax)
            : model is GraphModel
            ? new(ComplaintKind.Output, s) { Other = rooted, Members = Outputs(own) }
            : new(ComplaintKind.DescendOutput, s) { Record = record };
    }

    /// <summary>The run is right as far as it goes: whether it should have gone so far.</summary>
    private static Complaint? Ends(
        RecordedRun own, OrderedRun order, StatedRun s, uint stepsMax)
    {
        if (!s.IsReceipt || own.Model is not LanguageModel language)
        {
            return null;
        }

        InputRecord record = language.Record(order.Input);
        byte[] tokens = own.Output[0].Data;
        for (int place = 0; place < s.Steps; place++)
        {
            int token = BinaryPrimitives.ReadInt32LittleEndian(tokens.AsSpan(4 * place));
            int end = record.EndTokens.IndexOf(token);
            if (end >= 0 && place + 1 < s.Steps)
            {
                return new(ComplaintKind.Steps, s)
                {
                    Record = Record(own.Model, order.Input, [end]),
                    Place = (uint)place,
                    End = (uint)end,
                    Leaf = Token(own, place),
                };
            }

            if (end >= 0)
            {
                return null;
            }
        }

        return s.Steps == stepsMax || order.IsCancelled ? null : new(ComplaintKind.Cancel, s)
        {
            Record = Record(
                own.Model, order.Input, Enumerable.Range(0, record.EndTokens.Length)),
            Leaf = Token(own, (int)s.Steps - 1),
        };
    }

    private static List<ListMember> Outputs(RecordedRun own)
    {
        List<ListMember> members = [];
        foreach (int place in own.Layout.Outputs)
        {
            members.Add(new(own.Trace.List[0, place], own.Trace.List.Path(0, place)));
        }

        return members;
    }

    private static LeafOpening Token(RecordedRun own, int place) => Opening(
        own.Output[0].Data, own.Output[0].Tree, 4 * place / TraceTree.LeafBytes);

    /// <summary>The first leaf of a language model's record, and those of some end tokens.
    /// </summary>
    private static List<LeafOpening> Record(
        IModel model, byte[] input, IEnumerable<int> ends)
    {
        if (model is not LanguageModel language)
        {
            return [];
        }

        int first = InputRecord.HeaderBytes + 4 * language.Record(input).Prompt.Length;
        SortedSet<int> leaves = [0];
        leaves.UnionWith(ends.Select(end => (first + 4 * end) / TraceTree.LeafBytes));
        HashTree tree = HashTree.OfData(input);
        return [.. leaves.Select(leaf => Opening(input, tree, leaf))];
    }

    private static LeafOpening Opening(ReadOnlySpan<byte> data, HashTree tree, int leaf)
    {
        byte[] bytes = new byte[TraceTree.LeafBytes];
        ReadOnlySpan<byte> rest = data[(leaf * TraceTree.LeafBytes)..];
        rest[..Math.Min(rest.Length, bytes.Length)].CopyTo(bytes);
        return new LeafOpening((uint)leaf, bytes, tree.Path(0, leaf));
    }
}
