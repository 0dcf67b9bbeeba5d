using System.Collections.Generic;

namespace ComputeVoucher.Execution.Language;

/// <summary>Dimensions of a Llama.</summary>
/// <remarks>
/// Dim is the width of the residual stream, Hidden of the feed-forward part. Query head h reads
/// key-value head h / (Heads / KvHeads). The KV cache and the rotary table end at Context.
/// </remarks>
internal sealed record LlamaShape(
    int Dim, int Hidden, int Layers, int Heads, int KvHeads, int HeadDim, int Vocab, int Context)
{
    /// <summary>Width of the residual stream; the largest open Llama has 16,384.</summary>
    public const int DimMax = 16_384;

    /// <summary>Feed-forward width; the largest open Llama has 53,248.</summary>
    public const int HiddenMax = 65_536;

    /// <summary>Layers; the largest open Llama has 126.</summary>
    public const int LayersMax = 256;

    /// <summary>Heads of 64 to 128 over <see cref="DimMax"/>.</summary>
    public const int HeadsMax = 256;

    /// <summary>Elements of a head; Llamas have 64 or 128.</summary>
    public const int HeadDimMax = 256;

    /// <summary>Words; the largest vocabularies in use have 262,144.</summary>
    public const int VocabMax = 1 << 19;

    /// <summary>
    /// Positions: a weighted sum of values stays below 2^61 (15 + 16 + 15 + 15 bits).
    /// </summary>
    public const int ContextMax = 32_768;

    /// <summary>Weights of all matrices, the classifier included.</summary>
    public long Weights => 2L * Vocab * Dim +
        Layers * (2L * Dim * QueryDim + 2L * Dim * KvDim + 3L * Dim * Hidden);

    public int QueryDim => Heads * HeadDim;

    public int KvDim => KvHeads * HeadDim;

    /// <summary>Rows and columns of a matrix.</summary>
    public (int Rows, int Columns) Of(WeightId id) => id switch
    {
        WeightId.Embedding or WeightId.Classifier => (Vocab, Dim),
        WeightId.Query => (QueryDim, Dim),
        WeightId.Key or WeightId.Value => (KvDim, Dim),
        WeightId.Output => (Dim, QueryDim),
        WeightId.Gate or WeightId.Up => (Hidden, Dim),
        WeightId.Down => (Dim, Hidden),
        _ => (1, Dim),
    };

    /// <summary>The matrices of a layer, in the artifact's order.</summary>
    public static IReadOnlyList<WeightId> LayerMatrices { get; } =
    [
        WeightId.Query, WeightId.Key, WeightId.Value, WeightId.Output,
        WeightId.Gate, WeightId.Up, WeightId.Down,
    ];

    /// <summary>Null, or why the dimensions cannot be served.</summary>
    public string? Problem()
    {
        if (Dim is < 1 or > DimMax || Hidden is < 1 or > HiddenMax ||
            Layers is < 1 or > LayersMax || Heads is < 1 or > HeadsMax ||
            Vocab is < 1 or > VocabMax || Context is < 1 or > ContextMax)
        {
            return $"has dimensions out of range ({this})";
        }

        if (KvHeads < 1 || Heads % KvHeads != 0)
        {
            return $"has {Heads} heads on {KvHeads} key-value heads; that does not divide";
        }

        return HeadDim is < 2 or > HeadDimMax || HeadDim % 2 != 0
            ? $"has heads of {HeadDim} elements; supported is an even number up to {HeadDimMax}"
            : null;
    }
}
