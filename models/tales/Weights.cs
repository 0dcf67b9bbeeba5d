using System;
using ComputeVoucher.ModelFiles;

namespace ComputeVoucher.Models.Tales;

/// <summary>All weights of one model, or all their gradients, in one array.</summary>
internal sealed class Weights
{
    private int _used;

    public Weights(Shape shape)
    {
        int layer = 2 * shape.Dim + 2 * shape.Dim * shape.Dim + 2 * shape.KvDim * shape.Dim
            + 3 * shape.Hidden * shape.Dim;
        All = new float[shape.Vocabulary * shape.Dim + shape.Layers * layer + shape.Dim];
        Embedding = Take(shape.Vocabulary * shape.Dim);
        Layers = new Layer[shape.Layers];
        for (int l = 0; l < shape.Layers; l++)
        {
            Layers[l] = new Layer(
                Take(shape.Dim), Take(shape.Dim * shape.Dim), Take(shape.KvDim * shape.Dim),
                Take(shape.KvDim * shape.Dim), Take(shape.Dim * shape.Dim), Take(shape.Dim),
                Take(shape.Hidden * shape.Dim), Take(shape.Hidden * shape.Dim),
                Take(shape.Dim * shape.Hidden));
        }

        FinalNorm = Take(shape.Dim);
    }

    /// <summary>
    /// One block: norms (dim); wq, wo (dim, dim); wk, wv (kvDim, dim); gate, up (hidden, dim); down
    /// (dim, hidden).
    /// </summary>
    public sealed record Layer(
        Memory<float> AttentionNorm, Memory<float> Query, Memory<float> Key, Memory<float> Value,
        Memory<float> Output, Memory<float> FeedForwardNorm, Memory<float> Gate, Memory<float> Up,
        Memory<float> Down);

    public float[] All { get; }

    /// <summary>(vocabulary, dim); the classifier too.</summary>
    public Memory<float> Embedding { get; }

    public Layer[] Layers { get; }

    public Memory<float> FinalNorm { get; }

    public void Initialise(Prng random)
    {
        float residual = 0.05f / MathF.Sqrt(2 * Layers.Length);
        Fill(Embedding, 0.05f, random);
        FinalNorm.Span.Fill(1);
        foreach (Layer layer in Layers)
        {
            layer.AttentionNorm.Span.Fill(1);
            layer.FeedForwardNorm.Span.Fill(1);
            Fill(layer.Query, 0.08f, random);
            Fill(layer.Key, 0.08f, random);
            Fill(layer.Value, 0.08f, random);
            Fill(layer.Output, residual, random);
            Fill(layer.Gate, 0.08f, random);
            Fill(layer.Up, 0.08f, random);
            Fill(layer.Down, residual, random);
        }
    }

    private static void Fill(Memory<float> weights, float deviation, Prng random)
    {
        foreach (ref float weight in weights.Span)
        {
            weight = deviation * random.Normal();
        }
    }

    private Memory<float> Take(int count)
    {
        Memory<float> part = All.AsMemory(_used, count);
        _used += count;
        return part;
    }
}
