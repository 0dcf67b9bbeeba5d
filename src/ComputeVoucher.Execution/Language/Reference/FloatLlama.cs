using System;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// The same network in float32, with run.c's arithmetic. Only to measure by: nothing that is
/// served, committed or charged comes from here.
/// </summary>
internal sealed class FloatLlama
{
    private readonly LlamaShape _shape;
    private readonly float _epsilon;
    private readonly float[] _rotary;
    private readonly float[] _embedding;
    private readonly float[] _classifier;
    private readonly float[] _finalNorm;
    private readonly float[][][] _layers;
    private readonly float[] _keys;
    private readonly float[] _values;

    private FloatLlama(LlamaShape shape, float epsilon, float[] rotary, Reader read, bool tied)
    {
        _shape = shape;
        _epsilon = epsilon;
        _rotary = rotary;
        _embedding = Matrix(read, WeightId.Embedding, 0);
        _classifier = tied ? _embedding : Matrix(read, WeightId.Classifier, 0);
        _finalNorm = Matrix(read, WeightId.FinalNorm, 0);
        _layers = new float[shape.Layers][][];
        for (int i = 0; i < _layers.Length; i++)
        {
            _layers[i] = new float[(int)WeightId.Rotary][];
            foreach (WeightId id in LlamaShape.LayerMatrices)
            {
                _layers[i][(int)id] = Matrix(read, id, i);
            }

            _layers[i][(int)WeightId.AttentionNorm] = Matrix(read, WeightId.AttentionNorm, i);
            _layers[i][(int)WeightId.FeedForwardNorm] = Matrix(read, WeightId.FeedForwardNorm, i);
        }

        _keys = new float[(long)shape.Layers * shape.Context * shape.KvDim];
        _values = new float[_keys.Length];
        Logits = new float[shape.Vocab];
    }

    private delegate void Reader(WeightId id, int layer, int row, Span<float> weights);

    /// <summary>[Vocab], of the last position run.</summary>
    public float[] Logits { get; }

    /// <summary>The weights as the file has them.</summary>
    public static FloatLlama FromFile(LlamaSource source, int context)
    {
        LlamaShape shape = source.Shape with { Context = context };
        float[] rotary = new float[context * shape.HeadDim];
        float[]? factors = source.RotaryFactors();
        for (int p = 0; p < context; p++)
        {
            for (int i = 0; i < shape.HeadDim / 2; i++)
            {
                double angle = p / source.RotaryScale / (factors?[i] ?? 1) *
                    Math.Pow(source.RotaryBase, -2.0 * i / shape.HeadDim);
                rotary[p * shape.HeadDim + 2 * i] = (float)Math.Cos(angle);
                rotary[p * shape.HeadDim + 2 * i + 1] = (float)Math.Sin(angle);
            }
        }

        return new FloatLlama(
            shape, source.Epsilon, rotary, source.ReadFloats, !source.HasClassifier);
    }

    /// <summary>The weights as the integer model has them.</summary>
    public static FloatLlama FromParameters(LlamaParameters model, int context)
    {
        LlamaShape shape = model.Shape with { Context = context };
        float[] rotary = new float[context * shape.HeadDim];
        for (int i = 0; i < rotary.Length; i++)
        {
            rotary[i] = model.Rotary[i] / 32_768f;
        }

        double epsilon = Math.ScaleB((double)model.EpsilonTerm, -32) / shape.Dim;
        return new FloatLlama(shape, (float)epsilon, rotary, Read, model.Tied);

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

    /// <summary>One token at the next position.</summary>
    public void Forward(int token, int position)
    {
        float[] x = _embedding.AsSpan(token * _shape.Dim, _shape.Dim).ToArray();
        for (int layer = 0; layer < _shape.Layers; layer++)
        {
            Attention(layer, position, x);
            FeedForward(layer, x);
        }

        Multiply(_classifier, Norm(x, _finalNorm), Logits);
    }

    private void Attention(int layer, int position, float[] x)
    {
        float[] n = Norm(x, _layers[layer][(int)WeightId.AttentionNorm]);
        float[] q = new float[_shape.QueryDim];
        int row = (layer * _shape.Context + position) * _shape.KvDim;
        Span<float> k = _keys.AsSpan(row, _shape.KvDim);
        Multiply(_layers[layer][(int)WeightId.Query], n, q);
        Multiply(_layers[layer][(int)WeightId.Key], n, k);
        Multiply(_layers[layer][(int)WeightId.Value], n, _values.AsSpan(row, _shape.KvDim));
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

        Add(x, _layers[layer][(int)WeightId.Output], mixed);
    }

    private void FeedForward(int layer, float[] x)
    {
        float[] n = Norm(x, _layers[layer][(int)WeightId.FeedForwardNorm]);
        float[] a = new float[_shape.Hidden];
        float[] b = new float[_shape.Hidden];
        Multiply(_layers[layer][(int)WeightId.Gate], n, a);
        Multiply(_layers[layer][(int)WeightId.Up], n, b);
        for (int i = 0; i < a.Length; i++)
        {
            a[i] = a[i] * (1 / (1 + MathF.Exp(-a[i]))) * b[i];
        }

        Add(x, _layers[layer][(int)WeightId.Down], a);
    }

    private float[] Norm(float[] x, float[] gains)
    {
        float square = 0;
        foreach (float v in x)
        {
            square += v * v;
        }

        float inverse = 1 / MathF.Sqrt(square / x.Length + _epsilon);
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
            heads[i] = a * _rotary[at] - b * _rotary[at + 1];
            heads[i + 1] = a * _rotary[at + 1] + b * _rotary[at];
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

    private static void Add(float[] x, float[] matrix, float[] input)
    {
        float[] y = new float[x.Length];
        Multiply(matrix, input, y);
        for (int i = 0; i < x.Length; i++)
        {
            x[i] += y[i];
        }
    }

    private float[] Matrix(Reader read, WeightId id, int layer)
    {
        (int rows, int columns) = _shape.Of(id);
        float[] matrix = new float[checked(rows * columns)];
        for (int row = 0; row < rows; row++)
        {
            read(id, layer, row, matrix.AsSpan(row * columns, columns));
        }

        return matrix;
    }
}
