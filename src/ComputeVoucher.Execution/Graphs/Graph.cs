using System;
using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// An integer graph: what to compute, free of the file it came from. Activations are numbered as
/// the trace lists them: the inputs first, then every operator's output in source order.
/// </summary>
internal sealed class Graph
{
    private readonly GraphTensor[] _inputs;
    private readonly Operator[] _operators;
    private readonly int[] _outputs;

    /// <exception cref="ModelException">Beyond <see cref="GraphLimits"/>, or not wired.</exception>
    public Graph(
        ReadOnlySpan<GraphTensor> inputs, ReadOnlySpan<Operator> operators,
        ReadOnlySpan<int> outputs)
    {
        _inputs = inputs.ToArray();
        _operators = operators.ToArray();
        _outputs = outputs.ToArray();
        CheckCounts();
        foreach (Operator op in _operators)
        {
            CheckOperator(op);
            TraceBytes += op.Output.Elements;
            Units = checked(Units + op.Units);
            Macs += op.Macs;
            ProvedElements += CostTable.IsProved(op.Kind) ? op.Output.Elements : 0;
        }

        foreach (GraphTensor input in _inputs)
        {
            TraceBytes += input.Elements;
        }

        Require(TraceBytes <= GraphLimits.TraceBytesMax, $"{TraceBytes} bytes of activations");
        Require(Units <= GraphLimits.UnitsMax, $"{Units} compute units in one run");
        InputBytes = checked((int)_inputs.Sum(t => (long)t.Elements));
        OutputBytes = checked((int)_outputs.Sum(id => (long)Tensor(id).Elements));
        ProofBytes = new int[_operators.Length];
        for (int i = 0; i < _operators.Length; i++)
        {
            ProofBytes[i] = ProofSize.OfElement(this, _operators[i]);
        }
    }

    public ReadOnlySpan<GraphTensor> Inputs => _inputs;

    public ReadOnlySpan<Operator> Operators => _operators;

    /// <summary>Numbers of the activations that leave the graph.</summary>
    public ReadOnlySpan<int> Outputs => _outputs;

    /// <summary>Activations: the length of the trace's list.</summary>
    public int TensorCount => _inputs.Length + _operators.Length;

    public ulong Units { get; }

    public ulong Macs { get; }

    /// <summary>Elements that a proof of one run has to show.</summary>
    public long ProvedElements { get; }

    /// <summary>Bytes of all activations.</summary>
    public long TraceBytes { get; }

    public int InputBytes { get; }

    public int OutputBytes { get; }

    /// <summary>(operators): bytes that the proof of one output element opens at most.</summary>
    public int[] ProofBytes { get; }

    public IEnumerable<Operator> ParameterLayers => _operators.Where(o => o.Parameters is not null);

    /// <summary>Activation by its number.</summary>
    public GraphTensor Tensor(int id) =>
        id < _inputs.Length ? _inputs[id] : _operators[id - _inputs.Length].Output;

    private void CheckCounts()
    {
        Require(_inputs.Length is > 0 and <= GraphLimits.EndsMax, $"{_inputs.Length} inputs");
        Require(_outputs.Length is > 0 and <= GraphLimits.EndsMax, $"{_outputs.Length} outputs");
        Require(
            _operators.Length is > 0 and <= GraphLimits.OperatorsMax,
            $"{_operators.Length} operators, 1 to {GraphLimits.OperatorsMax} are supported");
        foreach (int id in _outputs)
        {
            Require(id >= 0 && id < TensorCount, $"output {id} of {TensorCount} activations");
        }
    }

    private void CheckOperator(Operator op)
    {
        Wiring wiring = op.Wiring;
        for (int i = 0; i < wiring.InputIds.Length; i++)
        {
            int id = wiring.InputIds[i];
            wiring.Require(
                id >= 0 && id < _inputs.Length + wiring.Index && wiring.Inputs[i] == Tensor(id),
                op.Kind,
                $"its input {id} is not computed before it");
        }

        bool anyType = op.Kind is OperatorKind.Quantize or OperatorKind.Reshape;
        wiring.Require(
            anyType
                || (wiring.Output.Type == TensorType.Int8
                    && wiring.Inputs.All(t => t.Type == TensorType.Int8)),
            op.Kind,
            "its inputs and output must be int8");
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new ModelException("the graph has " + otherwise);
        }
    }
}
