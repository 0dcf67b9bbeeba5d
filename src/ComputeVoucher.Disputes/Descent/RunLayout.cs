using System;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes;

/// <summary>The trees that a statement commits to; numbered as in types/Run.sol.</summary>
public enum RunTree
{
    /// <summary>Every tensor of the run.</summary>
    Trace,

    /// <summary>The outputs of a graph, or the tokens as one tensor.</summary>
    Output,
}

/// <summary>
/// How many tensors the two trees of a run have, and of which type and shape: a function of model,
/// input and steps, as the registry computes it. Nothing of it is ever in an answer.
/// </summary>
public sealed class RunLayout
{
    private readonly Graph? _graph;
    private readonly TraceLayout? _language;
    private readonly int _steps;

    private RunLayout(Graph? graph, TraceLayout? language, uint steps) =>
        (_graph, _language, _steps) = (graph, language, checked((int)steps));

    /// <param name="model">The model of the order.</param>
    /// <param name="input">As it was ordered.</param>
    /// <param name="steps">Of the statement; at least 1.</param>
    /// <exception cref="ModelException">The input does not fit the model, or more steps than its
    /// context has.</exception>
    public static RunLayout Of(IModel model, ReadOnlySpan<byte> input, uint steps)
    {
        if (model is GraphModel graph)
        {
            return new RunLayout(graph.Graph, null, 1);
        }

        LanguageModel language = (LanguageModel)model;
        TraceLayout layout = new(language.Architecture, language.Record(input).Header);
        bool fits = steps > 0 && layout.Record.Prompt - 1 + (long)steps <= language.Context
            && layout.Tensors(steps) <= TraceTree.ListCountMax;
        return fits ? Of(layout, steps)
            : throw new ModelException($"no run of this model has {steps} steps");
    }

    /// <summary>Of a language model, where the run is known to fit.</summary>
    internal static RunLayout Of(TraceLayout layout, uint steps) => new(null, layout, steps);

    /// <summary>Tensors that a trace begins with and no operator computes: a graph's inputs.
    /// </summary>
    public int Inputs => _graph?.Inputs.Length ?? 0;

    /// <summary>Places of a graph's outputs in its trace; empty for a language model.</summary>
    public ReadOnlySpan<int> Outputs => _graph is null ? [] : _graph.Outputs;

    /// <summary>Tensors of a tree.</summary>
    public int Count(RunTree tree) => tree == RunTree.Trace
        ? _graph?.TensorCount ?? (int)_language!.Tensors((uint)_steps)
        : _graph?.Outputs.Length ?? 1;

    /// <summary>Type and shape of a tensor.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such tensor.</exception>
    public (TensorType Type, int[] Dims) Tensor(RunTree tree, int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count(tree));
        if (_graph is not null)
        {
            GraphTensor tensor = _graph.Tensor(
                tree == RunTree.Trace ? index : _graph.Outputs[index]);
            return (tensor.Type, tensor.Dims.ToArray());
        }

        if (tree == RunTree.Output)
        {
            return (TensorType.Int32, [_steps]);
        }

        TracePlace place = _language!.Locate(index);
        return (_language.Type(place.Tensor), _language.Dims(place));
    }

    /// <summary>Bytes of a tensor.</summary>
    public int Bytes(RunTree tree, int index)
    {
        (TensorType type, int[] dims) = Tensor(tree, index);
        return TraceTree.DataBytes(type, dims);
    }
}
