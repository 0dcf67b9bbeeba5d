using System;

namespace ComputeVoucher.Execution.Language;

/// <summary>File → integer parameters. The only place where float weights are looked at.</summary>
internal sealed class LlamaImporter
{
    private readonly LlamaSource _source;
    private readonly WeightForm _floats;
    private readonly WeightArena _arena;

    private LlamaImporter(LlamaSource source, WeightForm floats, WeightArena arena)
    {
        _source = source;
        _floats = floats;
        _arena = arena;
    }

    /// <param name="source">Shape and rows.</param>
    /// <param name="floats">Form that F32 and F16 matrices are quantized to.</param>
    /// <exception cref="ModelException">A weight out of range, or a bound that fails.</exception>
    public static LlamaParameters Import(LlamaSource source, WeightForm floats)
    {
        // Eight bits and a 32-bit scale per 32 weights: 1.125 bytes a weight.
        var arena = new WeightArena(source.Shape.Weights / 8 * 9);
        return new LlamaImporter(source, floats, arena).Run();
    }

    /// <summary>
    /// [context, headDim / 2, 2]: round(cos · 2^15), round(sin · 2^15) of
    /// position · base^(-2i/headDim) / factor, in double.
    /// </summary>
    /// <remarks>
    /// The angle is exact enough that no entry differs from the correctly rounded one up to
    /// 131,072 positions (measured); the result is a parameter, so nobody has to agree with it.
    /// </remarks>
    public static int[] RotaryTable(
        int context, int headDim, double rotaryBase, double scale, float[]? factors)
    {
        int half = headDim / 2;
        int[] table = new int[checked(context * half * 2)];
        for (int i = 0; i < half; i++)
        {
            double frequency = Math.Pow(rotaryBase, -2.0 * i / headDim) / scale;
            if (factors is not null)
            {
                frequency /= factors[i];
            }

            for (int p = 0; p < context; p++)
            {
                int at = 2 * (p * half + i);
                table[at] = (int)Math.Round(Math.Cos(p * frequency) * 32_768);
                table[at + 1] = (int)Math.Round(Math.Sin(p * frequency) * 32_768);
            }
        }

        return table;
    }

    private LlamaParameters Run()
    {
        LlamaShape shape = _source.Shape;
        CheckReals();
        QuantMatrix embedding = Matrix(WeightId.Embedding, 0);
        QuantMatrix classifier = embedding;
        if (_source.HasClassifier)
        {
            // A classifier equal to the embedding is tied, whichever way the file says it.
            classifier = Matrix(WeightId.Classifier, 0);
            if (classifier.SameAs(embedding))
            {
                classifier.Dispose();
                classifier = embedding;
            }
        }

        var layers = new LlamaLayer[shape.Layers];
        for (int i = 0; i < layers.Length; i++)
        {
            layers[i] = new LlamaLayer(
                Norm(WeightId.AttentionNorm, i),
                Matrix(WeightId.Query, i),
                Matrix(WeightId.Key, i),
                Matrix(WeightId.Value, i),
                Matrix(WeightId.Output, i),
                Norm(WeightId.FeedForwardNorm, i),
                Matrix(WeightId.Gate, i),
                Matrix(WeightId.Up, i),
                Matrix(WeightId.Down, i));
        }

        (int multiplier, int shift) = LlamaParameters.Score(shape.HeadDim);
        var parameters = new LlamaParameters
        {
            Shape = shape,
            Arena = _arena,
            Embedding = embedding,
            Classifier = classifier,
            Layers = layers,
            FinalNorm = Norm(WeightId.FinalNorm, 0),
            Rotary = RotaryTable(shape.Context, shape.HeadDim, _source.RotaryBase,
                _source.RotaryScale, _source.RotaryFactors()),
            EpsilonTerm = (long)Math.Floor(Math.ScaleB(shape.Dim * (double)_source.Epsilon, 32)),
            ScoreMultiplier = multiplier,
            ScoreShift = shift,
            ResidualBits = 0,
        };
        return LlamaBounds.Check(parameters, _source.Bytes.Refuse);
    }

    private void CheckReals()
    {
        // Below 1e-12 the term vanishes in Q.32, above 1 it is no norm; a base of 1 does not turn.
        if (!(_source.Epsilon is > 0 and < 1))
        {
            throw _source.Bytes.Refuse($"has an RMSNorm epsilon of {_source.Epsilon}");
        }

        if (!(_source.RotaryBase is > 1 and < 1e12) || !(_source.RotaryScale is >= 1 and < 1e6))
        {
            throw _source.Bytes.Refuse($"has a rotary base of {_source.RotaryBase}, " +
                $"scaled by {_source.RotaryScale}");
        }

        foreach (float factor in _source.RotaryFactors() ?? [])
        {
            if (!(factor is >= 1e-3f and < 1e6f))
            {
                throw _source.Bytes.Refuse($"has a rotary factor of {factor}");
            }
        }
    }

    private NormVector Norm(WeightId id, int layer)
    {
        float[] gains = new float[_source.Shape.Dim];
        _source.ReadFloats(id, layer, 0, gains);
        return NormVector.From(gains) ??
            throw _source.Bytes.Refuse($"has gains beyond 32,767 in {id} of layer {layer}");
    }

    private QuantMatrix Matrix(WeightId id, int layer)
    {
        (int rows, int columns) = _source.Shape.Of(id);
        GgmlType type = _source.TypeOf(id, layer);
        var matrix = new QuantMatrix(MatrixBuilder.FormOf(type, _floats), rows, columns, _arena);
        byte[] bytes = new byte[_source.RowBytes(id, layer)];
        bool floats = type is GgmlType.F32 or GgmlType.F16;
        float[] weights = floats ? new float[columns] : [];
        for (int row = 0; row < rows; row++)
        {
            _source.ReadRow(id, layer, row, bytes);
            if (floats)
            {
                _source.Decode(type, bytes, weights);
                MatrixBuilder.SetFloatRow(matrix, row, weights, _source.Bytes);
            }
            else
            {
                MatrixBuilder.SetQuantRow(matrix, row, bytes, type, _source.Bytes);
            }
        }

        return matrix;
    }
}
