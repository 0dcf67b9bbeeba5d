using System;
using System.IO;

namespace ComputeVoucher.Execution.Language;

/// <summary>All weights of a Llama as floats, wherever they come from.</summary>
internal sealed class FloatWeights
{
    private readonly float[][][] _layers;
    private readonly float[]?[][] _biases;

    /// <param name="shape">With the positions that will be run as its context.</param>
    /// <param name="matrix">Weights by layer; null of a classifier that is the embedding.</param>
    private FloatWeights(LlamaShape shape, Func<WeightId, int, float[]?> matrix)
    {
        Shape = shape;
        Embedding = matrix(WeightId.Embedding, 0)!;
        Classifier = matrix(WeightId.Classifier, 0) ?? Embedding;
        FinalNorm = matrix(WeightId.FinalNorm, 0)!;
        _layers = new float[shape.Layers][][];
        _biases = new float[]?[shape.Layers][];
        for (int i = 0; i < _layers.Length; i++)
        {
            _layers[i] = new float[(int)WeightId.Rotary][];
            _biases[i] = new float[]?[(int)WeightId.Rotary];
            foreach (WeightId id in LlamaShape.LayerMatrices)
            {
                _layers[i][(int)id] = matrix(id, i)!;
            }

            _layers[i][(int)WeightId.AttentionNorm] = matrix(WeightId.AttentionNorm, i)!;
            _layers[i][(int)WeightId.FeedForwardNorm] = matrix(WeightId.FeedForwardNorm, i)!;
        }
    }

    private delegate void RowReader(WeightId id, int layer, int row, Span<float> weights);

    /// <summary>With the positions that will be run as its context.</summary>
    public LlamaShape Shape { get; }

    /// <summary>Added to the mean square in RMSNorm.</summary>
    public required float Epsilon { get; init; }

    /// <summary>[position, headDim / 2, 2]: cosine and sine.</summary>
    public required float[] Rotary { get; init; }

    public float[] Embedding { get; }

    public float[] Classifier { get; }

    public float[] FinalNorm { get; }

    /// <summary>[Rows, Columns] of a matrix, [Dim] of a norm.</summary>
    public float[] this[int layer, WeightId id] => _layers[layer][(int)id];

    /// <summary>[Rows], added to a product; null where the file has none.</summary>
    public float[]? Bias(int layer, WeightId id) => _biases[layer][(int)id];

    /// <summary>The weights as a llama2.c checkpoint has them.</summary>
    public static FloatWeights FromCheckpoint(LlamaSource source, int context)
    {
        LlamaShape shape = source.Shape with { Context = context };
        return new FloatWeights(shape, Rows(shape, source.HasClassifier, source.ReadFloats))
        {
            Epsilon = source.Epsilon,
            Rotary = RotaryOf(shape, source.RotaryBase, source.RotaryScale, null),
        };
    }

    /// <summary>The weights as a GGUF file has them, read by a reader of its own.</summary>
    /// <exception cref="ModelException">
    /// Not such a file, or one with anything that these floats would be computed without.
    /// </exception>
    public static FloatWeights FromGguf(Stream file, int context)
    {
        try
        {
            using GgufFloats gguf = new(file);
            return FromGguf(gguf, context);
        }
        catch (Exception e) when (e is IOException or InvalidCastException or ArgumentException
            or OverflowException)
        {
            throw new ModelException("fidelity cannot read it: " + e.Message, e);
        }
    }

    /// <summary>The weights as the integer model has them.</summary>
    public static FloatWeights FromParameters(LlamaParameters model, int context)
    {
        LlamaShape shape = model.Shape with { Context = context };
        float[] rotary = new float[context * shape.HeadDim];
        for (int i = 0; i < rotary.Length; i++)
        {
            rotary[i] = model.Rotary[i] / 32_768f;
        }

        double epsilon = Math.ScaleB((double)model.EpsilonTerm, -32) / shape.Dim;
        return new FloatWeights(shape, Rows(shape, !model.Tied, Read))
        {
            Epsilon = (float)epsilon,
            Rotary = rotary,
        };

        void Read(WeightId id, int layer, int row, Span<float> weights)
        {
            NormVector? norm = id switch
            {
                WeightId.FinalNorm => model.FinalNorm,
                WeightId.AttentionNorm => model.Layers[layer].AttentionNorm,
                WeightId.FeedForwardNorm => model.Layers[layer].FeedForwardNorm,
                _ => null,
            };
            QuantMatrix? matrix = norm is not null ? null
                : id == WeightId.Embedding ? model.Embedding
                : id == WeightId.Classifier ? model.Classifier
                : model.Layers[layer].Matrix(id);
            for (int i = 0; i < weights.Length; i++)
            {
                weights[i] = norm is not null
                    ? (float)norm.Real(i)
                    : matrix!.Exact(row, i) * (1f / MatrixBuilder.ScaleMax);
            }
        }
    }

    private static FloatWeights FromGguf(GgufFloats file, int context)
    {
        LlamaShape shape = ShapeOf(file, context);
        string scaling = file.Word("llama.rope.scaling.type", "linear");
        float scale = file.Real("llama.rope.scale_linear", 0);
        scale = file.Real("llama.rope.scaling.factor", scale);
        Require(scaling is "linear" or "none", "rotary scaling");
        var weights = new FloatWeights(shape, (id, layer) => id == WeightId.Classifier
            ? file.Find("output.weight")
            : file.Tensor(NameOf(id, layer) + ".weight"))
        {
            Epsilon = file.Real("llama.attention.layer_norm_rms_epsilon"),
            Rotary = RotaryOf(
                shape, file.Real("llama.rope.freq_base", 10_000),
                scaling == "none" || scale == 0 ? 1 : scale, file.Find("rope_freqs.weight")),
        };
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            foreach (WeightId id in LlamaShape.LayerMatrices)
            {
                weights._biases[layer][(int)id] = file.Find(NameOf(id, layer) + ".bias");
            }
        }

        file.RequireAllUsed("llama.");
        return weights;
    }

    private static LlamaShape ShapeOf(GgufFloats file, int context)
    {
        int dim = (int)file.Number("llama.embedding_length");
        int heads = (int)file.Number("llama.attention.head_count");
        int headDim = (int)file.Number("llama.attention.key_length", (uint)(dim / heads));
        int vocab = (int)(file.Count("token_embd.weight") / dim);

        // What is said twice must agree, and what is not computed here must not be asked for.
        Require(file.Number("llama.vocab_size", (uint)vocab) == vocab, "words");
        Require(file.Number("llama.rope.dimension_count", (uint)headDim) == headDim, "rotation");
        Require(file.Number("llama.attention.value_length", (uint)headDim) == headDim, "values");
        Require(file.Number("llama.expert_count", 0) == 0, "experts");
        Require(file.Number("llama.expert_used_count", 0) == 0, "experts");
        Require(file.Real("llama.rope.scaling.attn_factor", 1) == 1, "attention factor");
        Require(file.Flag("llama.attention.causal", true), "attention");
        Require(!file.Flag("llama.use_parallel_residual", false), "residual");
        _ = file.Number("llama.context_length");
        _ = file.Number("llama.rope.scaling.original_context_length", 0);
        _ = file.Flag("llama.rope.scaling.finetuned", false);
        _ = file.Word("llama.tensor_data_layout", "");
        return new LlamaShape(
            dim, (int)file.Number("llama.feed_forward_length"),
            (int)file.Number("llama.block_count"), heads,
            (int)file.Number("llama.attention.head_count_kv", (uint)heads), headDim, vocab,
            context);
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new ModelException($"fidelity does not compute with its {what}");
        }
    }

    private static string NameOf(WeightId id, int layer) => id switch
    {
        WeightId.Embedding => "token_embd",
        WeightId.FinalNorm => "output_norm",
        WeightId.AttentionNorm => $"blk.{layer}.attn_norm",
        WeightId.FeedForwardNorm => $"blk.{layer}.ffn_norm",
        WeightId.Query => $"blk.{layer}.attn_q",
        WeightId.Key => $"blk.{layer}.attn_k",
        WeightId.Value => $"blk.{layer}.attn_v",
        WeightId.Output => $"blk.{layer}.attn_output",
        WeightId.Gate => $"blk.{layer}.ffn_gate",
        WeightId.Up => $"blk.{layer}.ffn_up",
        WeightId.Down => $"blk.{layer}.ffn_down",
        _ => throw new ArgumentOutOfRangeException(nameof(id)),
    };

    private static float[] RotaryOf(
        LlamaShape shape, double rotaryBase, double scale, float[]? factors)
    {
        float[] rotary = new float[shape.Context * shape.HeadDim];
        for (int p = 0; p < shape.Context; p++)
        {
            for (int i = 0; i < shape.HeadDim / 2; i++)
            {
                double angle = p / scale / (factors?[i] ?? 1) *
                    Math.Pow(rotaryBase, -2.0 * i / shape.HeadDim);
                rotary[p * shape.HeadDim + 2 * i] = (float)Math.Cos(angle);
                rotary[p * shape.HeadDim + 2 * i + 1] = (float)Math.Sin(angle);
            }
        }

        return rotary;
    }

    /// <summary>Whole matrices from rows; null of a classifier that there is not.</summary>
    private static Func<WeightId, int, float[]?> Rows(
        LlamaShape shape, bool hasClassifier, RowReader read) => (id, layer) =>
    {
        if (id == WeightId.Classifier && !hasClassifier)
        {
            return null;
        }

        (int rows, int columns) = shape.Of(id);
        float[] matrix = new float[checked(rows * columns)];
        for (int row = 0; row < rows; row++)
        {
            read(id, layer, row, matrix.AsSpan(row * columns, columns));
        }

        return matrix;
    };
}
