using System;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Disputes.Tests;

/// <summary>What a cheat has signed, and the proof against it.</summary>
/// <param name="What">Operator and element, for messages.</param>
/// <param name="Truth">The byte that the element should have been.</param>
/// <param name="Root">Of the cheat's trace.</param>
/// <param name="Proof">Of the first difference to the honest run.</param>
internal sealed record Accusation(string What, byte Truth, Bytes32 Root, byte[] Proof);

/// <summary>A run of a graph, known whole, and proofs about it and about what cheats make of it.
/// </summary>
internal sealed class HonestGraph
{
    private readonly GraphModel _model;
    private readonly GraphWitnesses _witnesses;

    public HonestGraph(GraphModel model, byte[] input)
    {
        _model = model;
        using IModelSession session = model.CreateSession(Backend.Auto, 1);
        Trace = RecordedTrace.Of(session, input);
        _witnesses = new GraphWitnesses(model, Trace);
        Judge = new GraphJudge(
            model.ModelRoot, model.Architecture, model.Description.ParametersRoot);
    }

    public RecordedTrace Trace { get; }

    public GraphJudge Judge { get; }

    private Graph Graph => _model.Graph;

    /// <summary>An honest proof of any element.</summary>
    public byte[] Proof(Prng numbers)
    {
        (int op, int element) = Any(numbers);
        return _witnesses.Element(op, element);
    }

    /// <summary>A cheat's root and the proof against it, found as a watcher finds it.</summary>
    public Accusation Accuse(Prng numbers, bool recomputed)
    {
        Tampering cheat = GraphCheat.Of(_model).Tamper(Trace, numbers, recomputed);
        int tensor = Graph.Inputs.Length + cheat.Operator;
        Assert.Equal((tensor, cheat.Element), FirstDifference(cheat.Trace));
        return new(
            $"{Graph.Operators[cheat.Operator].Name} {cheat.Operator} [{cheat.Element}]",
            Trace[tensor].Data[cheat.Element], cheat.Trace.Root,
            _witnesses.Of(cheat.Trace).Element(cheat.Operator, cheat.Element));
    }

    public void Convicts(Prng numbers, bool recomputed)
    {
        Accusation accused = Accuse(numbers, recomputed);
        Judgement judgement = Judge.Element(accused.Root, accused.Proof);
        Assert.True(judgement.Verdict == Verdict.Differs, $"{accused.What}: {judgement}");
        Assert.Equal(accused.Truth, (byte)judgement.Computed);
    }

    public void IsNotConvicted(Prng numbers)
    {
        (int op, int element) = Any(numbers);
        byte[] proof = _witnesses.Element(op, element);
        Judgement judgement = Judge.Element(
            Trace.Root, TamperTests.Mutated(numbers, proof, () => Proof(numbers)));
        Assert.True(judgement.Verdict != Verdict.Differs, $"{op} [{element}]: {judgement}");

        OperandsAnswer answer = _witnesses.Operands(op, element);
        if (answer.Values.Length == 0)
        {
            return;
        }

        int place = numbers.Between(0, answer.Values.Length - 1);
        byte[] refutation = _witnesses.Refutation(op, element, answer.Values, place);
        Assert.NotEqual(Verdict.Differs, Judge.Refutation(
            Trace.Root, Graph.Inputs.Length + op, element, answer.Values,
            TamperTests.Mutated(numbers, refutation, () => proof)).Verdict);
    }

    private (int Op, int Element) Any(Prng numbers)
    {
        int op = numbers.Between(0, Graph.Operators.Length - 1);
        return (op, numbers.Between(0, Graph.Operators[op].Output.Elements - 1));
    }

    private (int Tensor, int Element) FirstDifference(RecordedTrace forged)
    {
        for (int tensor = 0; tensor < Trace.Count; tensor++)
        {
            if (forged[tensor].Hash != Trace[tensor].Hash)
            {
                return (tensor, forged[tensor].Data.AsSpan()
                    .CommonPrefixLength(Trace[tensor].Data));
            }
        }

        return (-1, -1);
    }
}
