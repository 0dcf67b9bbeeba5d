using System;
using System.Collections.Generic;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Tests;

/// <summary>Chains of operators for tests: each reads the output of the one before it.</summary>
internal sealed class GraphBuilder
{
    private readonly List<GraphTensor> _inputs = [];
    private readonly List<Operator> _operators = [];

    public GraphBuilder(params ReadOnlySpan<GraphTensor> inputs) => _inputs.AddRange(inputs);

    public GraphTensor Last =>
        _operators.Count > 0 ? _operators[^1].Output : _inputs[^1];

    public static GraphTensor Int8(int zeroPoint, params ReadOnlySpan<int> dims) =>
        new(TensorType.Int8, dims, zeroPoint);

    public GraphBuilder Add(GraphTensor output, Func<Wiring, Operator> make)
    {
        int id = _inputs.Count + _operators.Count - 1;
        _operators.Add(make(new Wiring(_operators.Count, [id], [Last], output)));
        return this;
    }

    /// <summary>An operator of the graph's two inputs.</summary>
    public GraphBuilder AddOfInputs(GraphTensor output, Func<Wiring, Operator> make)
    {
        _operators.Add(make(new Wiring(0, [0, 1], [_inputs[0], _inputs[1]], output)));
        return this;
    }

    public GraphModel Build() => new(new Graph(
        _inputs.ToArray(), _operators.ToArray(), [_inputs.Count + _operators.Count - 1]));
}
