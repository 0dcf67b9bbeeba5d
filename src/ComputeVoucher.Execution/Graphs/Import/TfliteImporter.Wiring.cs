using System;
using System.Collections.Generic;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>Which tensor of the file is which activation of the graph.</summary>
internal sealed partial class TfliteImporter
{
    private void ReadInputs(
        FlatTable graph, FlatVector operators, (int Code, string Custom)[] codes)
    {
        int[] ids = graph.Vector(TfliteSchema.SubGraph.Inputs, 4)
            .Int32Array(GraphLimits.EndsMax, "the list of graph inputs");
        foreach (int id in ids)
        {
            SourceTensor tensor = TensorAt(id, "the graph's inputs");
            RequireTensor(
                !tensor.IsConstant && !_activations.ContainsKey(id), id, tensor.Name,
                "a graph input must be an activation, named once");
            _activations.Add(id, _activations.Count);
            try
            {
                _inputs.Add(Declare(tensor));
            }
            catch (ModelException e)
            {
                throw new ModelException(ReaderOf(id, operators, codes) + e.Message, e);
            }
        }

        Require(ids.Length > 0, $"the graph has no inputs");
    }

    /// <summary>"operator 0 CONV_2D: " of the first operator that reads a tensor.</summary>
    private static string ReaderOf(
        int id, FlatVector operators, (int Code, string Custom)[] codes)
    {
        for (int i = 0; i < operators.Count(4); i++)
        {
            FlatTable op = operators.Table(i);
            int[] inputs = op.Vector(TfliteSchema.Operator.Inputs, 4)
                .Int32Array(GraphLimits.EndsMax, "an operator's list of inputs");
            if (inputs.AsSpan().Contains(id))
            {
                return $"operator {i} {OperatorNames.Of(KindOf(i, op, codes))}: ";
            }
        }

        return "";
    }

    private int[] ReadOutputs(FlatTable graph)
    {
        int[] ids = graph.Vector(TfliteSchema.SubGraph.Outputs, 4)
            .Int32Array(GraphLimits.EndsMax, "the list of graph outputs");
        for (int i = 0; i < ids.Length; i++)
        {
            SourceTensor tensor = TensorAt(ids[i], "the graph's outputs");
            RequireTensor(
                _activations.TryGetValue(ids[i], out int activation), ids[i], tensor.Name,
                "a graph output that no operator computes");
            ids[i] = activation;
        }

        return ids;
    }

    private SourceTensor TensorAt(int id, string where) =>
        id >= 0 && id < _tensors.Length
            ? _tensors[id] ??= ReadTensor(id)
            : throw new ModelException(FormattableString.Invariant(
                $"{where} name tensor {id} of {_tensors.Length}"));

    /// <summary>An activation's declaration: 8 bits, one scale.</summary>
    private static GraphTensor Declare(SourceTensor tensor)
    {
        RequireTensor(
            tensor.Type is (int)TensorType.Int8 or (int)TensorType.UInt8,
            tensor.Index, tensor.Name,
            $"it is {TfliteNames.Type(tensor.Type)}, INT8 is supported and UINT8 at the ends");
        RequireTensor(
            tensor.Scales.Length == 1 && tensor.Scale > 0, tensor.Index, tensor.Name,
            "it is not quantized with one scale");
        try
        {
            return new GraphTensor((TensorType)tensor.Type, tensor.Shape, tensor.ZeroPoint);
        }
        catch (ModelException e)
        {
            throw new ModelException($"tensor {tensor.Index} '{tensor.Name}': {e.Message}", e);
        }
    }

    private void AddOperator(int index, FlatTable table, OperatorKind kind)
    {
        string place = FormattableString.Invariant($"operator {index} {OperatorNames.Of(kind)}");
        try
        {
            int[] inputs = table.Vector(TfliteSchema.Operator.Inputs, 4)
                .Int32Array(GraphLimits.EndsMax, $"{place}: its list of inputs");
            int[] outputs = table.Vector(TfliteSchema.Operator.Outputs, 4)
                .Int32Array(GraphLimits.EndsMax, $"{place}: its list of outputs");
            Require(
                inputs.Length > 0 && outputs.Length == 1,
                $"{inputs.Length} inputs and {outputs.Length} outputs");
            OperatorSource source = Resolve(index, kind, table, inputs, outputs[0]);
            _operators.Add(Build(source));
            _activations.Add(outputs[0], _activations.Count);
        }
        catch (ModelException e) when (!e.Message.StartsWith(place, StringComparison.Ordinal))
        {
            throw new ModelException($"{place}: {e.Message}", e);
        }
    }

    private OperatorSource Resolve(
        int index, OperatorKind kind, FlatTable table, int[] inputs, int output)
    {
        SourceTensor?[] sources = new SourceTensor?[inputs.Length];
        List<int> ids = [];
        List<GraphTensor> read = [];

        // ADD computes with two activations; everything else that others take is constant.
        int activations = kind == OperatorKind.Add ? 2 : 1;
        for (int i = 0; i < inputs.Length; i++)
        {
            sources[i] = inputs[i] < 0 ? null : TensorAt(inputs[i], "its inputs");
            if (i < activations)
            {
                int id = ActivationOf(sources[i], inputs[i]);
                ids.Add(id);
                read.Add(id < _inputs.Count ? _inputs[id] : _operators[id - _inputs.Count].Output);
            }
        }

        Require(ids.Count == activations, $"{activations} inputs are wanted");
        SourceTensor target = TensorAt(output, "its outputs");
        RequireTensor(
            !target.IsConstant && !_activations.ContainsKey(output), output, target.Name,
            "an output must be an activation that nothing else computes");
        bool hasOptions = table.TryTable(TfliteSchema.Operator.Options, out FlatTable options);
        return new OperatorSource
        {
            Kind = kind,
            Wiring = new Wiring(index, [.. ids], [.. read], Declare(target)),
            Inputs = sources,
            Output = target,
            OptionsType = hasOptions ? table.Byte(TfliteSchema.Operator.OptionsType) : 0,
            Options = options,
            Budget = _budget,
        };
    }

    private int ActivationOf(SourceTensor? tensor, int id)
    {
        Require(tensor is not null, $"an input is absent");
        RequireTensor(
            !tensor!.IsConstant, id, tensor.Name, "a constant operand is not supported here");
        RequireTensor(
            _activations.TryGetValue(id, out int activation), id, tensor.Name,
            "it is read before anything computes it");
        return activation;
    }
}
