using System;
using System.Collections.Generic;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;
using ComputeVoucher.Trace.Internal;

namespace ComputeVoucher.Disputes;

/// <summary>
/// The opener's side of a descent. He ran the order himself; each answer shows him nodes of the
/// provider's tree, and he goes to the leftmost that differs from his own. Left of it both trees
/// are equal, right of it the answers have shown every sibling, and an element's operands lie left
/// of it: so at its end he can open all of them in a tree that he has never seen whole.
/// </summary>
public sealed class DescentOpener
{
    private readonly RecordedRun _own;
    private readonly Bytes32 _root;
    private readonly Dictionary<TreeNode, Bytes32> _list = [];
    private readonly Dictionary<TreeNode, Bytes32> _tensor = [];
    private byte[]? _leaves;

    /// <param name="own">The honest run, of as many steps as the statement has.</param>
    /// <param name="tree">Which root the dispute is about.</param>
    /// <param name="root">That root as it was signed.</param>
    public DescentOpener(RecordedRun own, RunTree tree, in Bytes32 root)
    {
        (_own, _root) = (own, root);
        Position = DescentPosition.Of(own.Layout, tree, root);
    }

    /// <summary>Where the dispute stands after the moves so far.</summary>
    public DescentPosition Position { get; private set; }

    /// <summary>The leaves are open: the next move is a proof.</summary>
    public bool IsOpened => _leaves is not null;

    /// <summary>Takes an answer in, and gives the pick that follows; null where the leaves are
    /// open.</summary>
    /// <exception cref="ModelException">Not an answer to this position, or all of it is honest:
    /// then this dispute should not have been opened.</exception>
    public DescentPick? Answered(ReadOnlySpan<byte> data)
    {
        DescentPosition inside = Position.Entered(_own.Layout);
        DescentPosition after = DescentRules.Answer(_own.Layout, Position, data)
            ?? throw new ModelException("no answer to what this dispute asks for");
        Bytes32[] nodes = DescentRules.Nodes(inside, data)!;
        int levels = inside.IsAtLeaves ? inside.Level : inside.Depth;
        List<Bytes32[]> above = DescentRules.Fold(nodes, levels);
        Learn(inside, levels, above);
        Position = after;
        if (inside.IsAtLeaves)
        {
            _leaves = data.ToArray();
            return null;
        }

        DescentPick pick = DescentRules.PickOf(above, Leftmost(inside, levels, nodes));
        Position = DescentRules.Pick(after, pick)!.Value;
        return pick;
    }

    /// <summary>The first number of the opened leaves that differs from the own run.</summary>
    /// <exception cref="ModelException">None does.</exception>
    public OperandsRequest Element()
    {
        (int offset, TensorType type) = Difference();
        return new(Position.Index, offset / TraceTree.ElementBytes(type));
    }

    /// <summary>
    /// The members of Contradictions.input, where the descent has ended in one of a graph's inputs,
    /// which no operator computes; null elsewhere.
    /// </summary>
    public IReadOnlyList<ListMember>? Inputs()
    {
        bool isInput = Position is { Tree: RunTree.Trace }
            && (Position.IsInside || Position.Wraps.HasFlag(DescentWraps.Tensor))
            && Position.Index < _own.Layout.Inputs;
        if (!isInput)
        {
            return null;
        }

        HashTree list = _own.Trace.List.With(_list);
        List<ListMember> members = [];
        for (int i = 0; i < _own.Layout.Inputs; i++)
        {
            members.Add(new ListMember(list[0, i], list.Path(0, i)));
        }

        return members;
    }

    /// <summary>
    /// The request for the operands of the element, where they may be claimed: they lie scattered.
    /// A witness follows from nothing, so that any claim explains it: asked for are its operands
    /// beside those of the own witness, which stands before it. Null elsewhere.
    /// </summary>
    public OperandsRequest? Operands()
    {
        OperandsRequest at = Element();
        if (Position.Tree == RunTree.Output)
        {
            return null;
        }

        if (_own.Model is GraphModel graph)
        {
            return ProofSize.MayClaim(graph.Graph.Operators[at.Tensor - _own.Layout.Inputs])
                ? at : null;
        }

        LanguageWitnesses witnesses =
            new((LanguageModel)_own.Model, _own.Trace, _own.Input);
        int rivals = witnesses.Rivals(at.Tensor, at.Element);
        if (rivals > 0)
        {
            // Out of its range it convicts by itself.
            long theirs = Number(Known(), at);
            if (theirs < 0 || theirs >= rivals)
            {
                return null;
            }

            at = at with { Rival = (uint)Number(_own.Trace, at) };
        }

        return witnesses.MayClaim(at) ? at : null;
    }

    /// <summary>
    /// A proof that convicts on its own: of the element that differs, or of a rival of its witness.
    /// Null where there is none, for then its operands are to be asked for.
    /// </summary>
    public byte[]? Proof()
    {
        OperandsRequest at = Element();
        RecordedTrace trace = Known();
        if (Position.Tree == RunTree.Output)
        {
            // The output of a graph is part of its trace: one-shot, or a descent into that.
            return _own.Model is LanguageModel language
                ? new LanguageWitnesses(language, _own.Trace, _own.Input)
                    .Output(at.Element, trace)
                : null;
        }

        return _own.Model is GraphModel graph
            ? GraphProof(graph, trace, at)
            : LanguageProof((LanguageModel)_own.Model, trace, at);
    }

    /// <summary>Opens the first value of an answer that is another in the own run, or null where
    /// all are the same.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="values">What was answered.</param>
    public byte[]? Refutation(in OperandsRequest request, byte[] values)
    {
        RecordedTrace trace = Known();
        if (_own.Model is GraphModel)
        {
            byte[] own = DescentAnswers.Operands(_own, request).Values;
            int at = own.AsSpan().CommonPrefixLength(values);
            return at >= Math.Min(own.Length, values.Length) ? null
                : new GraphWitnesses(_own.Model, trace).Refutation(
                    request.Tensor - _own.Layout.Inputs, request.Element, values, at);
        }

        LanguageWitnesses witnesses = new((LanguageModel)_own.Model, trace, _own.Input);
        return witnesses.FirstOther(request, values) is int place
            ? witnesses.Refutation(request, place)
            : null;
    }

    private static byte[]? GraphProof(
        GraphModel model, RecordedTrace trace, in OperandsRequest at)
    {
        int op = at.Tensor - model.Graph.Inputs.Length;
        byte[] proof = new GraphWitnesses(model, trace).Element(op, at.Element);
        GraphJudge judge = new(
            model.ModelRoot, model.Architecture, model.Description.ParametersRoot);
        return proof.Length <= ElementGas.BytesMax
            && judge.Element(trace.Root, proof).Verdict == Verdict.Differs ? proof : null;
    }

    private byte[]? LanguageProof(
        LanguageModel model, RecordedTrace trace, in OperandsRequest at)
    {
        LanguageWitnesses witnesses = new(model, trace, _own.Input);
        LanguageJudge judge = new(
            model.ModelRoot, model.ArchitectureBytes, model.ParametersRoot);
        var statement = LanguageStatement.Of(_own.Input, trace.Root, _own.Steps);
        // A witness that is in range follows from nothing; what the own run has there beats it.
        long own = Number(_own.Trace, at);
        uint[] rivals = own >= 0 && own < witnesses.Rivals(at.Tensor, at.Element)
            ? [ElementProof.NoRival, (uint)own] : [ElementProof.NoRival];
        foreach (uint rival in rivals)
        {
            byte[] proof = witnesses.Element(at.Tensor, at.Element, rival);
            if (proof.Length <= ElementGas.BytesMax
                && judge.Element(statement, proof).Verdict == Verdict.Differs)
            {
                return proof;
            }
        }

        return null;
    }

    private static long Number(RecordedTrace trace, in OperandsRequest at) =>
        OpenedTrace.Element(trace[at.Tensor].Type, trace[at.Tensor].Data, at.Element);

    /// <summary>The provider's list as far as it is known.</summary>
    private RecordedTrace Known()
    {
        RecordedTrace own = _own.List(Position.Tree);
        RecordedTrace.Entry entry = own[Position.Index];
        byte[] data = [.. entry.Data];
        int first = (Position.Place << (2 * Position.Level)) * TraceTree.LeafBytes;
        _leaves.AsSpan(0, Math.Min(_leaves!.Length, data.Length - first))
            .CopyTo(data.AsSpan(first));
        return own.Learned(
            _root, own.List.With(_list), Position.Index,
            entry.With(data, entry.Tree.With(_tensor)));
    }

    private (int Offset, TensorType Type) Difference()
    {
        RecordedTrace.Entry entry = _own.List(Position.Tree)[Position.Index];
        int first = (Position.Place << (2 * Position.Level)) * TraceTree.LeafBytes;
        int length = Math.Min(_leaves!.Length, entry.Data.Length - first);
        int same = entry.Data.AsSpan(first, length).CommonPrefixLength(_leaves.AsSpan(0, length));
        return same < length ? (first + same, entry.Type)
            : throw new ModelException("the opened leaves are those of the own run");
    }

    private int Leftmost(in DescentPosition inside, int levels, Bytes32[] nodes)
    {
        HashTree own = _own.TreeAt(inside);
        int first = inside.Below(levels).First;
        for (int i = 0; i < nodes.Length; i++)
        {
            if (nodes[i] != own[inside.Level - levels, first + i])
            {
                return i;
            }
        }

        throw new ModelException("the answer is the own run's: nothing to dispute");
    }

    private void Learn(in DescentPosition inside, int levels, List<Bytes32[]> above)
    {
        Dictionary<TreeNode, Bytes32> nodes = inside.IsInside ? _tensor : _list;
        for (int level = 0; level <= levels; level++)
        {
            int first = inside.Place << (2 * (levels - level));
            for (int i = 0; i < above[level].Length; i++)
            {
                nodes[new TreeNode(inside.Level - levels + level, first + i)] = above[level][i];
            }
        }
    }
}
