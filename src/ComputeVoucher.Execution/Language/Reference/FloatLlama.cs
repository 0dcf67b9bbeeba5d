using System;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// The same network in float32, with run.c's arithmetic. Only to measure by: nothing that is
/// served, committed or charged comes from here.
/// </summary>
internal sealed class FloatLlama
{
    private readonly LlamaShape _shape;
    private readonly FloatWeights _weights;
    private readonly float[] _keys;
    private readonly float[] _values;

    public FloatLlama(FloatWeights weights)
    {
        _weights = weights;
        _shape = weights.Shape;
        _keys = new float[(long)_shape.Layers * _shape.Context * _shape.KvDim];
        _values = new float[_keys.Length];
        Logits = new float[_shape.Vocab];
    }

    /// <summary>[Vocab], of the last position run.</summary>
    public float[] Logits { get; }

    /// <summary>One token at the next position.</summary>
    public void Forward(int token, int position)
    {
        float[] x = _weights.Embedding.AsSpan(token * _shape.Dim, _shape.Dim).ToArray();
        for (int layer = 0; layer < _shape.Layers; layer++)
        {
            Attention(layer, position, x);
            FeedForward(layer, x);
        }

        Multiply(_weights.Classifier, Norm(x, _weights.FinalNorm), Logits);
    }

    private void Attention(int layer, int position, float[] x)
    {
        float[] n = Norm(x, _weights[layer, WeightId.AttentionNorm]);
        float[] q = new float[_shape.QueryDim];
        int row = (layer * _shape.Context + position) * _shape.KvDim;
        Span<float> k = _keys.AsSpan(row, _shape.KvDim);
        Project(layer, WeightId.Query, n, q);
        Project(layer, WeightId.Key, n, k);
        Project(layer, WeightId.Value, n, _values.AsSpan(row, _shape.KvDim));
        Rotate(q, position);
        Rotate(k, position);

        float[] mixed = new float[_shape.QueryDim];
        float[] scores = new float[position + 1];
        for (int h = 0; h < _shape.Heads; h++)
        {
            int head = h / (_shape.Heads / _shape.KvHeads) * _shape.HeadDim;
            for (int t = 0; t <= position; t++)
            {
                int at = (layer * _shape.Context + t) * _shape.KvDim + head;
                float score = 0;
                for (int i = 0; i < _shape.HeadDim; i++)
                {
                    score += q[h * _shape.HeadDim + i] * _keys[at + i];
                }

                scores[t] = score / MathF.Sqrt(_shape.HeadDim);
            }

            Softmax(scores);
            for (int t = 0; t <= position; t++)
            {
                int at = (layer * _shape.Context + t) * _shape.KvDim + head;
                for (int i = 0; i < _shape.HeadDim; i++)
                {
                    mixed[h * _shape.HeadDim + i] += scores[t] * _values[at + i];
                }
            }
        }

        Add(x, layer, WeightId.Output, mixed);
    }

    private void FeedForward(int layer, float[] x)
    {
        float[] n = Norm(x, _weights[layer, WeightId.FeedForwardNorm]);
        float[] a = new float[_shape.Hidden];
        float[] b = new float[_shape.Hidden];
        Project(layer, WeightId.Gate, n, a);
        Project(layer, WeightId.Up, n, b);
        for (int i = 0; i < a.Length; i++)
        {
            a[i] = a[i] * (1 / (1 + MathF.Exp(-a[i]))) * b[i];
        }

        Add(x, layer, WeightId.Down, a);
    }

    private float[] Norm(float[] x, float[] gains)
    {
        float square = 0;
        foreach (float v in x)
        {
            square += v * v;
        }

        float inverse = 1 / MathF.Sqrt(square / x.Length + _weights.Epsilon);
        float[] n = new float[x.Length];
        for (int i = 0; i < n.Length; i++)
        {
            n[i] = gains[i] * (inverse * x[i]);
        }

        return n;
    }

    private void Rotate(Span<float> heads, int position)
    {
        for (int i = 0; i < heads.Length; i += 2)
        {
            int at = position * _shape.HeadDim + i % _shape.HeadDim;
            float a = heads[i];
            float b = heads[i + 1];
            heads[i] = a * _weights.Rotary[at] - b * _weights.Rotary[at + 1];
            heads[i + 1] = a * _weights.Rotary[at + 1] + b * _weights.Rotary[at];
        }
    }

    private static void Softmax(Span<float> scores)
    {
        float max = float.NegativeInfinity;
        foreach (float s in scores)
        {
            max = Math.Max(max, s);
        }

        float sum = 0;
        foreach (ref float s in scores)
        {
            s = MathF.Exp(s - max);
            sum += s;
        }

        foreach (ref float s in scores)
        {
            s /= sum;
        }
    }

    private static void Multiply(float[] matrix, float[] x, Span<float> y)
    {
        for (int row = 0; row < y.Length; row++)
        {
            float sum = 0;
            ReadOnlySpan<float> weights = matrix.AsSpan(row * x.Length, x.Length);
            for (int i = 0; i < x.Length; i++)
            {
                sum += weights[i] * x[i];
            }

            y[row] = sum;
        }
    }

    /// <summary>y = matrix · x + bias, where the file has one.</summary>
    private void Project(int layer, WeightId id, float[] x, Span<float> y)
    {
        Multiply(_weights[layer, id], x, y);
        if (_weights.Bias(layer, id) is { } bias)
        {
            for (int i = 0; i < y.Length; i++)
            {
                y[i] += bias[i];
            }
        }
    }

    private void Add(float[] x, int layer, WeightId id, float[] input)
    {
        float[] y = new float[x.Length];
        Project(layer, id, input, y);
        for (int i = 0; i < x.Length; i++)
        {
            x[i] += y[i];
        }
    }
}
