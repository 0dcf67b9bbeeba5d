using System;

namespace ComputeVoucher.Execution.Language;

/// <summary>One layer's parameters.</summary>
internal sealed record LlamaLayer(
    NormVector AttentionNorm,
    QuantMatrix Query,
    QuantMatrix Key,
    QuantMatrix Value,
    QuantMatrix Output,
    NormVector FeedForwardNorm,
    QuantMatrix Gate,
    QuantMatrix Up,
    QuantMatrix Down)
{
    public QuantMatrix Matrix(WeightId id) => id switch
    {
        WeightId.Query => Query,
        WeightId.Key => Key,
        WeightId.Value => Value,
        WeightId.Output => Output,
        WeightId.Gate => Gate,
        WeightId.Up => Up,
        WeightId.Down => Down,
        _ => throw new ArgumentOutOfRangeException(nameof(id)),
    };
}

/// <summary>
/// Everything that the integer model is: immutable, the same on every machine, committed to by
/// the model root. No float is left.
/// </summary>
internal sealed class LlamaParameters : IDisposable
{
    public required LlamaShape Shape { get; init; }

    /// <summary>Memory of the matrices.</summary>
    public required WeightArena Arena { get; init; }

    /// <summary>[Vocab, Dim].</summary>
    public required QuantMatrix Embedding { get; init; }

    public required LlamaLayer[] Layers { get; init; }

    public required NormVector FinalNorm { get; init; }

    /// <summary>[Vocab, Dim]; the embedding itself where both are equal.</summary>
    public required QuantMatrix Classifier { get; init; }

    public bool Tied => ReferenceEquals(Embedding, Classifier);

    /// <summary>
    /// [Context, HeadDim / 2, 2]: cosine and sine in Q.15, position · base^(-2i/HeadDim).
    /// </summary>
    public required int[] Rotary { get; init; }

    /// <summary>floor(Dim · epsilon · 2^32): epsilon's share of a sum of squares in Q.32.</summary>
    public required long EpsilonTerm { get; init; }

    /// <summary>Cq = round(2^Cb · log2(e) / sqrt(HeadDim)), 2^14 ≤ Cq ≤ 2^15.</summary>
    public required int ScoreMultiplier { get; init; }

    /// <summary>Cb = 14 − floor(log2(log2(e) / sqrt(HeadDim))).</summary>
    public required int ScoreShift { get; init; }

    /// <summary>Bits of a committed residual element: 32 where import proves it, or 64.</summary>
    public required int ResidualBits { get; init; }

    /// <summary>2^(14 - floor(log2 c)) · c rounded, for c = log2(e)/sqrt(headDim).</summary>
    public static (int Multiplier, int Shift) Score(int headDim)
    {
        double c = 1.4426950408889634 / Math.Sqrt(headDim);
        int shift = 14 - (int)Math.Floor(Math.Log2(c));
        return ((int)Math.Round(Math.ScaleB(c, shift)), shift);
    }

    public long Weights()
    {
        long weights = Embedding.Weights + (Tied ? 0 : Classifier.Weights) + Shape.Dim;
        foreach (LlamaLayer layer in Layers)
        {
            weights += 2L * Shape.Dim;
            foreach (WeightId id in LlamaShape.LayerMatrices)
            {
                weights += layer.Matrix(id).Weights;
            }
        }

        return weights;
    }

    public void Dispose()
    {
        // The matrices let go first: a use after this meets a null, not freed memory.
        Embedding.Dispose();
        Classifier.Dispose();
        foreach (LlamaLayer layer in Layers)
        {
            foreach (WeightId id in LlamaShape.LayerMatrices)
            {
                layer.Matrix(id).Dispose();
            }
        }

        Arena.Dispose();
    }
}
