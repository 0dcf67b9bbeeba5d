using System.Collections.Generic;
using System.Linq;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>What `model inspect` says about a graph.</summary>
internal static class GraphDescription
{
    public static ModelDescription Of(
        Graph graph, GraphRoots roots, byte[] architecture)
    {
        List<OperatorDescription> operators = [];
        foreach (Operator op in graph.Operators)
        {
            operators.Add(new OperatorDescription
            {
                Index = op.Wiring.Index,
                Name = op.Name,
                OutputDims = op.Output.Dims.ToArray(),
                Parameters = op.Parameters is { } p ? p.Weights.LongLength + p.Channels : 0,
                Macs = op.Macs,
                Units = op.Units,
                ProofBytes = graph.ProofBytes[op.Wiring.Index],
            });
        }

        return new ModelDescription
        {
            Format = "tflite",
            ModelRoot = roots.Model,
            ArchitectureDigest = roots.Architecture,
            ParametersRoot = roots.Parameters,
            Architecture = architecture,
            Inputs = [.. graph.Inputs.ToArray().Select(t => t.ToString())],
            Outputs = [.. graph.Outputs.ToArray().Select(id => graph.Tensor(id).ToString())],
            Parameters = operators.Sum(o => o.Parameters),
            Macs = graph.Macs,
            Units = graph.Units,
            ProvedElements = graph.ProvedElements,
            TraceBytes = graph.TraceBytes,
            ProofBytes = graph.ProofBytes.Max(),
            Operators = operators,
        };
    }
}
