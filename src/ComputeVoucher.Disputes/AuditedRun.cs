using System;
using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes;

/// <summary>What an audit asks of a family of models.</summary>
internal abstract class AuditedRun
{
    /// <summary>Tensors that the list must have.</summary>
    public abstract long Count { get; }

    /// <summary>List indices of what was ordered, from 0.</summary>
    public abstract IReadOnlyList<int> Inputs { get; }

    /// <summary>Type and shape that the architecture gives a tensor.</summary>
    public abstract (TensorType Type, int[] Dims) Form(int tensor);

    /// <summary>The root that the list gives the output.</summary>
    public abstract Bytes32 OutputRoot();

    /// <summary>Recomputes an element; of a maximum also one rival of its witness.</summary>
    /// <param name="tensor">List index, of a tensor that is computed.</param>
    /// <param name="element">Its element.</param>
    /// <param name="rival">Any number: it chooses the rival.</param>
    public abstract Judgement Judge(int tensor, int element, uint rival);
}

/// <summary>A run of an integer graph.</summary>
internal sealed class AuditedGraph : AuditedRun
{
    private readonly Graph _graph;
    private readonly RecordedTrace _trace;
    private readonly GraphJudge _judge;
    private readonly GraphWitnesses _witnesses;

    public AuditedGraph(GraphModel model, RecordedTrace trace)
    {
        (_graph, _trace) = (model.Graph, trace);
        _judge = new GraphJudge(
            model.ModelRoot, model.Architecture, model.Description.ParametersRoot);
        _witnesses = new GraphWitnesses(model, trace);
    }

    public override long Count => _graph.TensorCount;

    public override IReadOnlyList<int> Inputs => [.. Enumerable.Range(0, _graph.Inputs.Length)];

    public override (TensorType Type, int[] Dims) Form(int tensor) =>
        (_graph.Tensor(tensor).Type, _graph.Tensor(tensor).Dims.ToArray());

    public override Bytes32 OutputRoot()
    {
        List<Bytes32> hashes = [];
        foreach (int output in _graph.Outputs)
        {
            hashes.Add(_trace[output].Hash);
        }

        return TraceTree.ListRoot(hashes.ToArray());
    }

    public override Judgement Judge(int tensor, int element, uint rival) => _judge.Element(
        _trace.Root, _witnesses.Element(tensor - _graph.Inputs.Length, element));
}

/// <summary>A run of a language model.</summary>
internal sealed class AuditedText : AuditedRun
{
    private readonly TraceLayout _layout;
    private readonly RecordedTrace _trace;
    private readonly LanguageStatement _said;
    private readonly LanguageJudge _judge;
    private readonly LanguageWitnesses _witnesses;

    public AuditedText(
        LanguageModel model, byte[] input, AuditStatement said, RecordedTrace trace)
    {
        _trace = trace;
        _said = LanguageStatement.Of(input, said.TraceRoot, said.Steps) with
        {
            InputRoot = said.InputRoot,
        };
        _layout = new TraceLayout(model.Architecture, model.Record(input).Header);
        _judge = new LanguageJudge(
            model.ModelRoot, model.ArchitectureBytes, model.ParametersRoot);
        _witnesses = new LanguageWitnesses(model, trace, input);
    }

    public override long Count => _layout.Tensors(_said.Steps);

    public override IReadOnlyList<int> Inputs => [0];

    public override (TensorType Type, int[] Dims) Form(int tensor)
    {
        TracePlace at = _layout.Locate(tensor);
        return (_layout.Type(at.Tensor), _layout.Dims(at));
    }

    /// <summary>The output is the list of one tensor, the tokens that the run chose.</summary>
    public override Bytes32 OutputRoot()
    {
        byte[] tokens = new byte[sizeof(int) * _said.Steps];
        for (int step = 0; step < (int)_said.Steps; step++)
        {
            int position = _layout.Record.Prompt - 1 + step;
            int token = _layout.Index(new TracePlace(TraceTensor.Token, position, 0));
            _trace[token].Data.CopyTo(tokens.AsSpan(sizeof(int) * step));
        }

        return LanguageModel.OutputRoot(tokens);
    }

    public override Judgement Judge(int tensor, int element, uint rival)
    {
        Judgement itself = _judge.Element(_said, _witnesses.Element(tensor, element));
        int rivals = _witnesses.Rivals(tensor, element);
        return rivals == 0 || itself.Verdict != Verdict.Equal
            ? itself
            : _judge.Element(
                _said, _witnesses.Element(tensor, element, rival % (uint)rivals));
    }
}
