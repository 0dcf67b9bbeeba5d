using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// A run of parameter rows of one kind: a matrix, a vector of gains, the rotary table.
/// </summary>
internal sealed class LlamaPart
{
    private readonly QuantMatrix? _matrix;
    private readonly short[]? _gains;
    private readonly int[]? _rotary;

    public LlamaPart(WeightId id, int layer, QuantMatrix matrix)
        : this(id, layer, matrix.Rows, matrix.RowBytes) => _matrix = matrix;

    public LlamaPart(WeightId id, int layer, NormVector norm)
        : this(id, layer, 1, 2 * norm.Gains.Length) => _gains = norm.Gains;

    public LlamaPart(int[] rotary, int headDim)
        : this(WeightId.Rotary, 0, rotary.Length / headDim, 4 * headDim) => _rotary = rotary;

    private LlamaPart(WeightId id, int layer, int rows, int rowBytes)
    {
        Id = id;
        Layer = layer;
        Rows = rows;
        RowBytes = rowBytes;
    }

    public WeightId Id { get; }

    public int Layer { get; }

    public int Rows { get; }

    public int RowBytes { get; }

    /// <summary>The canonical bytes of a row, little endian.</summary>
    public void CopyRow(int row, Span<byte> destination)
    {
        if (_matrix is not null)
        {
            _matrix.CopyRow(row, destination);
        }
        else
        {
            Vector(row).CopyTo(destination);
        }
    }

    /// <summary>The inverse of <see cref="CopyRow"/>, for artifacts.</summary>
    public void SetRow(int row, ReadOnlySpan<byte> source)
    {
        if (_matrix is not null)
        {
            _matrix.SetRow(row, source);
        }
        else
        {
            source.CopyTo(Vector(row));
        }
    }

    private Span<byte> Vector(int row) => _gains is not null
        ? MemoryMarshal.AsBytes(_gains.AsSpan())
        : MemoryMarshal.AsBytes(_rotary.AsSpan()).Slice(row * RowBytes, RowBytes);
}

/// <summary>The one order of parameter rows: in the root and in the artifact.</summary>
internal static class LlamaLayout
{
    public static IEnumerable<LlamaPart> Parts(LlamaParameters model)
    {
        yield return new LlamaPart(WeightId.Embedding, 0, model.Embedding);
        for (int i = 0; i < model.Layers.Length; i++)
        {
            LlamaLayer layer = model.Layers[i];
            yield return new LlamaPart(WeightId.AttentionNorm, i, layer.AttentionNorm);
            foreach (WeightId id in LlamaShape.LayerMatrices)
            {
                if (id == WeightId.Gate)
                {
                    yield return new LlamaPart(WeightId.FeedForwardNorm, i, layer.FeedForwardNorm);
                }

                yield return new LlamaPart(id, i, layer.Matrix(id));
            }
        }

        yield return new LlamaPart(WeightId.FinalNorm, 0, model.FinalNorm);
        if (!model.Tied)
        {
            yield return new LlamaPart(WeightId.Classifier, 0, model.Classifier);
        }

        yield return new LlamaPart(model.Rotary, model.Shape.HeadDim);
    }

    public static int Rows(LlamaParameters model)
    {
        int rows = 0;
        foreach (LlamaPart part in Parts(model))
        {
            rows = checked(rows + part.Rows);
        }

        return rows;
    }

    public static int RowBytesMax(LlamaParameters model)
    {
        int max = 0;
        foreach (LlamaPart part in Parts(model))
        {
            max = Math.Max(max, part.RowBytes);
        }

        return max;
    }
}

/// <summary>Parameter tensors of a Llama; the numbers stand in the parameter leaves.</summary>
internal enum WeightId
{
    Embedding = 0,
    Query = 1,
    Key = 2,
    Value = 3,
    Output = 4,
    Gate = 5,
    Up = 6,
    Down = 7,
    Classifier = 8,
    AttentionNorm = 9,
    FeedForwardNorm = 10,
    FinalNorm = 11,
    Rotary = 12,
}
