using System.Collections.Generic;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// What `model inspect` prints of a language model; checks the proof bound on the way.
/// </summary>
internal static class LlamaDescription
{
    /// <exception cref="ModelException">
    /// Judging an element would take more than <see cref="ElementGas.Max"/>, or a run has more
    /// tensors than a trace holds.
    /// </exception>
    public static ModelDescription Of(LanguageModel model)
    {
        LlamaShape s = model.Parameters.Shape;
        List<OperatorDescription> operators = Operators(model);
        int proof = 0;
        foreach (OperatorDescription op in operators)
        {
            proof = op.ProofBytes > proof ? op.ProofBytes : proof;
        }

        uint context = (uint)s.Context;
        return new ModelDescription
        {
            Format = model.Format,
            ModelRoot = model.ModelRoot,
            ArchitectureDigest = model.ArchitectureDigest,
            ParametersRoot = model.ParametersRoot,
            Architecture = model.ArchitectureBytes,
            Inputs = ["uint8 [36 + 4·ids] (record: prompt, limits, sampling)"],
            Outputs = ["int32 [tokens]"],
            Parameters = model.Parameters.Weights(),
            Macs = model.LlamaCosts.MacsPerPosition + (ulong)s.Vocab * (ulong)s.Dim,
            Units = model.Costs.Run(1, context, WantedProofs.None),
            TraceBytes = TraceBytes(model.Parameters),
            ProofBytes = proof,
            Operators = operators,
        };
    }

    /// <summary>Bytes that a trace holds at the last position of the context.</summary>
    private static long TraceBytes(LlamaParameters p)
    {
        LlamaShape s = p.Shape;
        long rows = s.QueryDim + 2 * s.KvDim;
        long layer = 2L * p.ResidualBits / 8 * s.Dim + 4L * s.Dim + 6 * rows + 2L * s.QueryDim +
            10L * s.Hidden + 4L * s.Heads * s.Context;
        return s.Layers * layer + 4L * s.Vocab;
    }

    private static List<OperatorDescription> Operators(LanguageModel model)
    {
        LlamaParameters p = model.Parameters;
        LlamaShape s = p.Shape;
        var list = new List<OperatorDescription>();
        ulong layers = (ulong)s.Layers;
        LlamaLayer layer = p.Layers[0];
        var size = new LlamaProofSize(model.Architecture);
        size.Check();
        void Add(
            string name, int width, long parameters, ulong macs, ulong units, ElementCost proof)
        {
            list.Add(new OperatorDescription
            {
                Index = list.Count,
                Name = name,
                OutputDims = [width],
                Parameters = parameters,
                Macs = macs,
                Units = units,
                ProofBytes = (int)proof.Bytes,
            });
        }

        ulong norm = layers * CostTable.LanguageNormElement * (ulong)s.Dim;
        Add("embed", s.Dim, p.Embedding.Weights, 0, 0, size.Embed);
        Add("attention.norm", s.Dim, (long)s.Dim * s.Layers, 0, norm, size.Norm);
        Product(
            "qkv", s.QueryDim + 2 * s.KvDim, size.Qkv, WeightId.Query, WeightId.Key,
            WeightId.Value);
        Add("rope", s.QueryDim + 2 * s.KvDim, 0, 0,
            layers * CostTable.LanguageRotateElement * (ulong)(s.QueryDim + 2 * s.KvDim),
            size.Rope);
        Add("weights", s.Heads, 0, 0, 0, size.Weight);
        Add("attention.output", s.QueryDim, 0, 0, 0, size.Mix);
        Product("attention", s.Dim, size.Attention, WeightId.Output);
        Add("feedforward.norm", s.Dim, (long)s.Dim * s.Layers, 0, norm, size.Norm);
        Product("gate_up", 2 * s.Hidden, size.GateUp, WeightId.Gate, WeightId.Up);
        Add("swiglu", s.Hidden, 0, 0,
            layers * CostTable.LanguageSwiGluElement * (ulong)s.Hidden, size.SwiGlu);
        Product("feedforward", s.Dim, size.FeedForward, WeightId.Down);
        ulong logits = (ulong)s.Vocab * (ulong)s.Dim;
        Add("logits", s.Vocab, p.Tied ? 0 : p.Classifier.Weights, logits, logits, size.Logits);
        Add("token", 1, 0, 0, CostTable.LanguageChooseElement * (ulong)s.Vocab, size.Token);
        return list;

        void Product(
            string name, int width, ElementCost proof, params System.ReadOnlySpan<WeightId> ids)
        {
            long weights = 0;
            foreach (WeightId id in ids)
            {
                weights += layer.Matrix(id).Weights * s.Layers;
            }

            Add(name, width, weights, (ulong)weights, (ulong)weights, proof);
        }
    }
}
