using System.Collections.Generic;
using System.Globalization;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// What `model inspect` prints of a language model; checks the proof bound on the way.
/// </summary>
internal static class LlamaDescription
{
    /// <summary>
    /// Committed tensors and parameters that the recomputation of one element opens at most,
    /// without paths: what one transaction carries.
    /// </summary>
    public const int ElementBytesMax = 16 << 10;

    private const int Leaf = TraceTree.LeafBytes;

    /// <exception cref="ModelException">An element would open more than 16 KiB.</exception>
    public static ModelDescription Of(LanguageModel model)
    {
        LlamaShape s = model.Parameters.Shape;
        List<OperatorDescription> operators = Operators(model);
        int proof = 0;
        foreach (OperatorDescription op in operators)
        {
            proof = op.ProofBytes > proof ? op.ProofBytes : proof;
            if (op.ProofBytes > ElementBytesMax)
            {
                throw new ModelException(string.Create(CultureInfo.InvariantCulture,
                    $"operator {op.Name}: one element opens {op.ProofBytes} bytes, " +
                    $"at most {ElementBytesMax} can be checked"));
            }
        }

        uint context = (uint)s.Context;
        return new ModelDescription
        {
            Format = model.Format,
            ModelRoot = model.ModelRoot,
            ArchitectureDigest = model.ArchitectureDigest,
            ParametersRoot = model.ParametersRoot,
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

    /// <summary>
    /// Bytes that one element of W·x opens: the row, the vector, scales included.
    /// </summary>
    public static int ProductBytes(QuantMatrix matrix)
    {
        int columns = matrix.Columns;
        int partials = MatrixWork.PartialCount(columns);
        int opened = partials == 1 ? columns : MatrixWork.PartialColumns;
        int cells = (opened + 31) / 32;
        int row = 2 * opened + Leaf + cells * WeightForms.CellBytes(matrix.Form) + 2 * Leaf;
        return row + 2 * Leaf;
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
        int residual = p.ResidualBits / 8;
        int square = RmsNorm.SquareColumns < s.Dim ? RmsNorm.SquareColumns : s.Dim;
        void Add(string name, int width, long parameters, ulong macs, ulong units, int proof) =>
            list.Add(new OperatorDescription
            {
                Index = list.Count,
                Name = name,
                OutputDims = [width],
                Parameters = parameters,
                Macs = macs,
                Units = units,
                ProofBytes = proof,
            });
        ulong norm = layers * CostTable.LanguageNormElement * (ulong)s.Dim;
        Add("embed", s.Dim, p.Embedding.Weights, 0, 0, 3 * Leaf);
        Add("attention.norm", s.Dim, (long)s.Dim * s.Layers, 0, norm, square * residual + 4 * Leaf);
        Product("qkv", s.QueryDim + 2 * s.KvDim, WeightId.Query, WeightId.Key, WeightId.Value);
        Add("rope", s.QueryDim + 2 * s.KvDim, 0, 0,
            layers * CostTable.LanguageRotateElement * (ulong)(s.QueryDim + 2 * s.KvDim), 6 * Leaf);
        int tokens = s.Context < AttentionWork.PartialTokens
            ? s.Context : AttentionWork.PartialTokens;
        int mix = tokens * (Leaf + 4) + 2 * Leaf;
        int parts = 8 * AttentionWork.Parts(s.Context) + 2 * Leaf;
        Add("weights", s.Heads, 0, 0, 0, 4 * s.HeadDim + 8 * Leaf);
        Add("attention.output", s.QueryDim, 0, 0, 0, mix > parts ? mix : parts);
        Product("attention", s.Dim, WeightId.Output);
        Add("feedforward.norm", s.Dim, (long)s.Dim * s.Layers, 0, norm,
            square * residual + 4 * Leaf);
        Product("gate_up", 2 * s.Hidden, WeightId.Gate, WeightId.Up);
        Add("swiglu", s.Hidden, 0, 0,
            layers * CostTable.LanguageSwiGluElement * (ulong)s.Hidden, 4 * Leaf);
        Product("feedforward", s.Dim, WeightId.Down);
        ulong logits = (ulong)s.Vocab * (ulong)s.Dim;
        Add("logits", s.Vocab, p.Tied ? 0 : p.Classifier.Weights, logits, logits,
            ProductBytes(p.Classifier));
        Add("token", 1, 0, 0, CostTable.LanguageChooseElement * (ulong)s.Vocab,
            4 * (int)SamplingOptions.TopKMax + 4 * Leaf);
        return list;

        void Product(string name, int width, params System.ReadOnlySpan<WeightId> ids)
        {
            long weights = 0;
            int proof = 0;
            foreach (WeightId id in ids)
            {
                weights += layer.Matrix(id).Weights * s.Layers;
                foreach (LlamaLayer each in p.Layers)
                {
                    int bytes = ProductBytes(each.Matrix(id));
                    proof = bytes > proof ? bytes : proof;
                }
            }

            Add(name, width, weights, (ulong)weights, (ulong)weights, proof);
        }
    }
}
