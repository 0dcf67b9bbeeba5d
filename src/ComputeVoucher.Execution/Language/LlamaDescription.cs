using System.Collections.Generic;
using System.Globalization;

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
        var size = new LlamaProofSize(p, model.Architecture);
        void Add(
            string name, int width, long parameters, ulong macs, ulong units, ElementCost proof)
        {
            if (proof.Gas > ElementGas.Max || proof.Bytes > ElementGas.BytesMax)
            {
                throw new ModelException(string.Create(CultureInfo.InvariantCulture,
                    $"operator {name}: the proof of one element has {proof.Bytes} bytes, judging " +
                    $"it takes {proof.Gas} gas, {ElementGas.Max} is the most"));
            }

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
        Add("embed", s.Dim, p.Embedding.Weights, 0, 0,
            size.Few(2, p.Embedding.RowBytes));
        ElementCost normed = LlamaProofSize.Greater(
            size.Many(size.SquareBytes, 2), size.Few(3, 2L * s.Dim));
        Add("attention.norm", s.Dim, (long)s.Dim * s.Layers, 0, norm, normed);
        Product("qkv", s.QueryDim + 2 * s.KvDim, WeightId.Query, WeightId.Key, WeightId.Value);
        Add("rope", s.QueryDim + 2 * s.KvDim, 0, 0,
            layers * CostTable.LanguageRotateElement * (ulong)(s.QueryDim + 2 * s.KvDim),
            size.Few(4, 4L * s.HeadDim));
        Add("weights", s.Heads, 0, 0, 0, size.Weight());
        Add("attention.output", s.QueryDim, 0, 0, 0, size.Mix());
        Product("attention", s.Dim, WeightId.Output);
        Add("feedforward.norm", s.Dim, (long)s.Dim * s.Layers, 0, norm, normed);
        Product("gate_up", 2 * s.Hidden, WeightId.Gate, WeightId.Up);
        Add("swiglu", s.Hidden, 0, 0,
            layers * CostTable.LanguageSwiGluElement * (ulong)s.Hidden, size.Few(4));
        Product("feedforward", s.Dim, WeightId.Down);
        ulong logits = (ulong)s.Vocab * (ulong)s.Dim;
        Add("logits", s.Vocab, p.Tied ? 0 : p.Classifier.Weights, logits, logits,
            size.Product(p.Classifier));
        Add("token", 1, 0, 0, CostTable.LanguageChooseElement * (ulong)s.Vocab, size.Draw());
        return list;

        void Product(string name, int width, params System.ReadOnlySpan<WeightId> ids)
        {
            long weights = 0;
            ElementCost proof = default;
            foreach (WeightId id in ids)
            {
                weights += layer.Matrix(id).Weights * s.Layers;
                foreach (LlamaLayer each in p.Layers)
                {
                    proof = LlamaProofSize.Greater(proof, size.Product(each.Matrix(id)));
                }
            }

            Add(name, width, weights, (ulong)weights, (ulong)weights, proof);
        }
    }
}
