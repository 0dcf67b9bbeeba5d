using System;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// Static bounds from the weights that rule out overflow for every input. Reals are upper estimates
/// in double with <see cref="Margin"/> for rounding; the accumulators are exact.
/// </summary>
/// <remarks>
/// After RMSNorm the vector without gains has length at most sqrt(N), so |w·n| is at most
/// sqrt(N)·|w∘gain| for every row (Cauchy-Schwarz); the rotation keeps pair lengths; attention is
/// a convex combination of values; |silu(a)·b| ≤ |a|·|b|.
/// </remarks>
internal sealed class LlamaBounds
{
    /// <summary>Room for every rounding on the way to the bounded number.</summary>
    private const double Margin = 1.01;

    /// <summary>A row sum, with int16 activations, stays below 2^62.</summary>
    private const long RowSumMax = 1L << 62;

    private readonly LlamaParameters _parameters;
    private readonly Func<string, ModelException> _refuse;
    private readonly double _rootDim;

    /// <summary>|row|, |row∘gain| and the L1 form need one pass each; scratch of one row.</summary>
    private readonly double[] _row;

    private LlamaBounds(LlamaParameters parameters, Func<string, ModelException> refuse)
    {
        _parameters = parameters;
        _refuse = refuse;
        LlamaShape shape = parameters.Shape;
        _rootDim = Math.Sqrt(shape.Dim);
        _row = new double[Math.Max(Math.Max(shape.Dim, shape.Hidden), shape.QueryDim)];
    }

    /// <summary>
    /// The parameters with the residual width that the bound allows, or a refusal.
    /// </summary>
    public static LlamaParameters Check(
        LlamaParameters parameters, Func<string, ModelException> refuse)
    {
        CheckRotary(parameters, refuse);
        double residual = new LlamaBounds(parameters, refuse).Residual();
        int bits = residual * 65_536 < int.MaxValue ? 32
            : residual * 65_536 < (double)(1L << 61) ? 64
            : throw refuse($"can drive the residual stream to {residual:g3}, beyond 64 bits");
        return new LlamaParameters
        {
            Shape = parameters.Shape,
            Arena = parameters.Arena,
            Embedding = parameters.Embedding,
            Layers = parameters.Layers,
            FinalNorm = parameters.FinalNorm,
            Classifier = parameters.Classifier,
            Rotary = parameters.Rotary,
            EpsilonTerm = parameters.EpsilonTerm,
            ScoreMultiplier = parameters.ScoreMultiplier,
            ScoreShift = parameters.ScoreShift,
            ResidualBits = bits,
        };
    }

    /// <summary>A pair (c, s) may not stretch what it turns.</summary>
    private static void CheckRotary(
        LlamaParameters parameters, Func<string, ModelException> refuse)
    {
        const long Square = (1L << 30) + (1 << 17);
        for (int i = 0; i < parameters.Rotary.Length; i += 2)
        {
            long c = parameters.Rotary[i];
            long s = parameters.Rotary[i + 1];
            if (c * c + s * s > Square)
            {
                throw refuse("has a rotary pair longer than 1; import the model again");
            }
        }
    }

    private double Residual()
    {
        LlamaShape shape = _parameters.Shape;
        double[] residual = new double[shape.Dim];
        for (int row = 0; row < shape.Vocab; row++)
        {
            Load(_parameters.Embedding, row);
            for (int i = 0; i < shape.Dim; i++)
            {
                residual[i] = Math.Max(residual[i], Math.Abs(_row[i]));
            }
        }

        foreach (LlamaLayer layer in _parameters.Layers)
        {
            AddAttention(layer, residual);
            AddFeedForward(layer, residual);
        }

        CheckInt32(AfterNorm(_parameters.Classifier, _parameters.FinalNorm), "a logit");
        double max = 0;
        foreach (double r in residual)
        {
            max = Math.Max(max, r);
        }

        return max * Margin;
    }

    private void AddAttention(LlamaLayer layer, double[] residual)
    {
        LlamaShape shape = _parameters.Shape;
        double[] q = AfterNorm(layer.Query, layer.AttentionNorm);
        double[] k = AfterNorm(layer.Key, layer.AttentionNorm);
        double[] v = AfterNorm(layer.Value, layer.AttentionNorm);

        // A rotated element is at most the length of its pair: sqrt(2) of the larger.
        CheckInt32(q, "a query", Math.Sqrt(2));
        CheckInt32(k, "a key", Math.Sqrt(2));
        CheckInt32(v, "a value");
        CheckScores(q, k);

        double[] o = new double[shape.QueryDim];
        int group = shape.Heads / shape.KvHeads;
        for (int i = 0; i < o.Length; i++)
        {
            o[i] = v[i / shape.HeadDim / group * shape.HeadDim + i % shape.HeadDim];
        }

        AddProduct(layer.Output, o, Length(o), residual);
    }

    private void CheckScores(double[] q, double[] k)
    {
        LlamaShape shape = _parameters.Shape;
        int group = shape.Heads / shape.KvHeads;
        double scale = 1024 * 1.4426950408889634 / Math.Sqrt(shape.HeadDim) * Margin;
        for (int h = 0; h < shape.Heads; h++)
        {
            double score = Length(q.AsSpan(h * shape.HeadDim, shape.HeadDim)) *
                Length(k.AsSpan(h / group * shape.HeadDim, shape.HeadDim)) * scale;
            if (!(score < int.MaxValue / 2))
            {
                throw _refuse($"can drive an attention score to {score:g3} / 1024, beyond 31 bits");
            }
        }
    }

    private void AddFeedForward(LlamaLayer layer, double[] residual)
    {
        double[] a = AfterNorm(layer.Gate, layer.FeedForwardNorm);
        double[] b = AfterNorm(layer.Up, layer.FeedForwardNorm);
        CheckInt32(a, "a gate");
        CheckInt32(b, "an up projection");

        // |h| ≤ min(|A∘B|, max A · |b|), and |b| ≤ sqrt(N)·|W3∘gain| over the whole matrix.
        double maxA = 0;
        double[] h = new double[a.Length];
        for (int i = 0; i < h.Length; i++)
        {
            h[i] = a[i] * b[i];
            maxA = Math.Max(maxA, a[i]);
        }

        AddProduct(layer.Down, h, Math.Min(Length(h), maxA * Length(b)), residual);
    }

    /// <summary>residual += min(L1, Cauchy-Schwarz) of each row against a bounded vector.</summary>
    private void AddProduct(
        QuantMatrix matrix, double[] bound, double boundLength, double[] residual)
    {
        for (int row = 0; row < matrix.Rows; row++)
        {
            Load(matrix, row);
            double sum = 0;
            double square = 0;
            for (int i = 0; i < matrix.Columns; i++)
            {
                sum += Math.Abs(_row[i]) * bound[i];
                square += _row[i] * _row[i];
            }

            residual[row] += Math.Min(sum, Math.Sqrt(square) * boundLength);
        }
    }

    /// <summary>Bounds of W·norm(x): sqrt(N)·|row∘gain|.</summary>
    private double[] AfterNorm(QuantMatrix matrix, NormVector norm)
    {
        double[] bounds = new double[matrix.Rows];
        double[] gains = new double[matrix.Columns];
        for (int i = 0; i < gains.Length; i++)
        {
            gains[i] = norm.Real(i);
        }

        for (int row = 0; row < matrix.Rows; row++)
        {
            Load(matrix, row);
            double square = 0;
            for (int i = 0; i < matrix.Columns; i++)
            {
                double product = _row[i] * gains[i];
                square += product * product;
            }

            bounds[row] = _rootDim * Math.Sqrt(square);
        }

        return bounds;
    }

    private void CheckInt32(double[] bounds, string what, double factor = 1)
    {
        foreach (double bound in bounds)
        {
            if (!(bound * factor * Margin * 65_536 < int.MaxValue))
            {
                throw _refuse($"can drive {what} to {bound:g3}, beyond 32 bits in Q.16");
            }
        }
    }

    /// <summary>Loads a row as reals; checks its accumulator exactly.</summary>
    private void Load(QuantMatrix matrix, int row)
    {
        matrix.ReadRow(row, _row, out long magnitude, out long scaleMax);
        if (scaleMax >= MatrixBuilder.ScaleMax || magnitude >= RowSumMax / 32_767)
        {
            throw _refuse("has a row of weights that can drive its sum beyond 62 bits");
        }

        foreach (ref double weight in _row.AsSpan(0, matrix.Columns))
        {
            weight *= 1.0 / MatrixBuilder.ScaleMax;
        }
    }

    private static double Length(ReadOnlySpan<double> vector)
    {
        double square = 0;
        foreach (double v in vector)
        {
            square += v * v;
        }

        return Math.Sqrt(square);
    }
}
