using System;

namespace ComputeVoucher.Models.Tales;

/// <summary>
/// Forward and backward pass of one sequence of T tokens: RMSNorm, RoPE on neighbouring pairs,
/// grouped-query attention, SwiGLU, tied classifier, cross entropy.
/// </summary>
internal sealed class Transformer
{
    private readonly Shape _shape;
    private readonly Weights _weights;
    private readonly Block[] _blocks;
    private readonly float[] _cos;     // (context, headDim / 2)
    private readonly float[] _sin;
    private readonly float[][] _x;     // per layer (T, dim): what enters it; then the result
    private readonly float[] _final;   // (T, dim) after the last norm
    private readonly float[] _logits;  // (T, vocabulary), then their gradient
    private readonly float[] _dx;      // (T, dim)
    private readonly float[] _dFinal;  // (T, dim)

    public Transformer(Shape shape, Weights weights)
    {
        _shape = shape;
        _weights = weights;
        Gradient = new Weights(shape);
        int t = shape.Context;
        _cos = new float[t * shape.HeadDim / 2];
        _sin = new float[_cos.Length];
        for (int i = 0; i < _cos.Length; i++)
        {
            int pair = i % (shape.HeadDim / 2);
            float angle = i / (shape.HeadDim / 2)
                * MathF.Pow(Shape.RopeBase, -2f * pair / shape.HeadDim);
            (_sin[i], _cos[i]) = MathF.SinCos(angle);
        }

        _blocks = new Block[shape.Layers];
        _x = new float[shape.Layers + 1][];
        for (int l = 0; l <= shape.Layers; l++)
        {
            _x[l] = new float[t * shape.Dim];
            if (l < shape.Layers)
            {
                _blocks[l] = new Block(shape, weights.Layers[l], Gradient.Layers[l], _cos, _sin);
            }
        }

        _final = new float[t * shape.Dim];
        _logits = new float[t * shape.Vocabulary];
        _dx = new float[t * shape.Dim];
        _dFinal = new float[t * shape.Dim];
    }

    /// <summary>What <see cref="Learn"/> adds to.</summary>
    public Weights Gradient { get; }

    /// <summary>
    /// Predicts tokens[1..] from tokens[..^1], a multiple of four of them; adds the gradient of the
    /// summed cross entropy to <see cref="Gradient"/> and returns that sum in nats.
    /// </summary>
    public double Learn(ReadOnlySpan<int> tokens)
    {
        double loss = Loss(tokens);
        int t = tokens.Length - 1;
        int dim = _shape.Dim;
        Span<float> dLogits = _logits.AsSpan(0, t * _shape.Vocabulary);
        Span<float> final = _final.AsSpan(0, t * dim);
        Span<float> dFinal = _dFinal.AsSpan(0, t * dim);
        Span<float> dx = _dx.AsSpan(0, t * dim);

        dFinal.Clear();
        Matrix.BackwardInput(dFinal, dLogits, _weights.Embedding.Span, dim);
        Matrix.BackwardWeights(Gradient.Embedding.Span, dLogits, final, dim);
        dx.Clear();
        Norm.Backward(
            dx, Gradient.FinalNorm.Span, dFinal, _x[^1].AsSpan(0, t * dim),
            _weights.FinalNorm.Span);
        for (int l = _shape.Layers - 1; l >= 0; l--)
        {
            _blocks[l].Backward(dx, _x[l].AsSpan(0, t * dim));
        }

        for (int i = 0; i < t; i++)
        {
            Span<float> row = Gradient.Embedding.Span.Slice(tokens[i] * dim, dim);
            for (int d = 0; d < dim; d++)
            {
                row[d] += dx[i * dim + d];
            }
        }

        return loss;
    }

    /// <summary>Summed cross entropy in nats; leaves the logits' gradient behind.</summary>
    public double Loss(ReadOnlySpan<int> tokens)
    {
        int t = tokens.Length - 1;
        int dim = _shape.Dim;
        for (int i = 0; i < t; i++)
        {
            _weights.Embedding.Span.Slice(tokens[i] * dim, dim).CopyTo(_x[0].AsSpan(i * dim));
        }

        for (int l = 0; l < _shape.Layers; l++)
        {
            _blocks[l].Forward(_x[l + 1].AsSpan(0, t * dim), _x[l].AsSpan(0, t * dim));
        }

        Span<float> final = _final.AsSpan(0, t * dim);
        Span<float> logits = _logits.AsSpan(0, t * _shape.Vocabulary);
        Norm.Forward(final, _x[^1].AsSpan(0, t * dim), _weights.FinalNorm.Span);
        Matrix.Forward(logits, final, _weights.Embedding.Span, dim);
        double loss = 0;
        for (int i = 0; i < t; i++)
        {
            loss += CrossEntropy(
                logits.Slice(i * _shape.Vocabulary, _shape.Vocabulary), tokens[i + 1]);
        }

        return loss;
    }

    /// <summary>Nats of one prediction; replaces the logits by their gradient.</summary>
    private static double CrossEntropy(Span<float> logits, int target)
    {
        float max = float.NegativeInfinity;
        foreach (float logit in logits)
        {
            max = Math.Max(max, logit);
        }

        float wanted = logits[target];
        float sum = 0;
        foreach (ref float logit in logits)
        {
            logit = MathF.Exp(logit - max);
            sum += logit;
        }

        foreach (ref float logit in logits)
        {
            logit /= sum;
        }

        logits[target] -= 1;
        return Math.Log(sum) + max - wanted;
    }
}
