using System;
using System.Buffers.Binary;
using System.Collections.Generic;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// A Llama in a file of somebody's format: its shape, and its weights row by row.
/// </summary>
internal abstract class LlamaSource(ByteSource source)
{
    public ByteSource Bytes { get; } = source;

    public required LlamaShape Shape { get; init; }

    /// <summary>Positions that the model was trained for; not part of the model root.</summary>
    public required int TrainedContext { get; init; }

    /// <summary>Added to the mean square in RMSNorm, as the file has it.</summary>
    public required float Epsilon { get; init; }

    public required double RotaryBase { get; init; }

    /// <summary>Divides every rotary frequency (linear scaling); 1 for none.</summary>
    public double RotaryScale { get; init; } = 1;

    /// <summary>Whether the classifier has weights of its own.</summary>
    public required bool HasClassifier { get; init; }

    public abstract GgmlType TypeOf(WeightId id, int layer);

    /// <summary>The bytes of a row in the file's own format.</summary>
    public abstract void ReadRow(WeightId id, int layer, int row, Span<byte> bytes);

    /// <summary>Per-pair divisors of the rotary frequencies, or null.</summary>
    public virtual float[]? RotaryFactors() => null;

    public int RowBytes(WeightId id, int layer)
    {
        GgmlType type = TypeOf(id, layer);
        int columns = Shape.Of(id).Columns;
        return columns / GgmlTypes.BlockWeights(type) * GgmlTypes.BlockBytes(type);
    }

    /// <summary>A row as floats, decoded from any of the formats.</summary>
    public void ReadFloats(WeightId id, int layer, int row, Span<float> weights)
    {
        byte[] bytes = new byte[RowBytes(id, layer)];
        ReadRow(id, layer, row, bytes);
        Decode(TypeOf(id, layer), bytes, weights);
    }

    /// <summary>F32 or F16 bytes to floats; block formats through their exact form.</summary>
    public void Decode(GgmlType type, ReadOnlySpan<byte> bytes, Span<float> weights)
    {
        switch (type)
        {
            case GgmlType.F32:
                for (int i = 0; i < weights.Length; i++)
                {
                    weights[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(4 * i)..]);
                }

                break;
            case GgmlType.F16:
                for (int i = 0; i < weights.Length; i++)
                {
                    weights[i] = GgmlBlocks.Half(bytes[(2 * i)..]);
                }

                break;
            default:
                using (var one = new QuantMatrix(
                    MatrixBuilder.FormOf(type, default), 1, weights.Length))
                {
                    MatrixBuilder.SetQuantRow(one, 0, bytes, type, Bytes);
                    for (int i = 0; i < weights.Length; i++)
                    {
                        weights[i] = one.Exact(0, i) * (1f / MatrixBuilder.ScaleMax);
                    }
                }

                break;
        }
    }
}

/// <summary>
/// A llama2.c checkpoint (run.c, "version 0"): seven int32, then float32 tensors.
/// </summary>
internal sealed class CheckpointSource : LlamaSource
{
    private const int HeaderBytes = 28;
    private readonly Dictionary<WeightId, long> _offsets = [];

    private CheckpointSource(ByteSource source) : base(source)
    {
    }

    /// <summary>Whether the header and the length of the file fit together.</summary>
    public static bool Looks(ByteSource source) => TryOpen(source, 1) is not null;

    /// <exception cref="ModelException">Not a checkpoint, or out of range.</exception>
    public static CheckpointSource Open(ByteSource source, int context) =>
        TryOpen(source, context) ??
        throw source.Refuse("is no llama2.c checkpoint of version 0 (header and length disagree)");

    public override GgmlType TypeOf(WeightId id, int layer) => GgmlType.F32;

    public override void ReadRow(WeightId id, int layer, int row, Span<byte> bytes)
    {
        (int rows, int columns) = Shape.Of(id);
        Bytes.Read(_offsets[id] + 4L * columns * ((long)layer * rows + row), bytes);
    }

    private static CheckpointSource? TryOpen(ByteSource source, int context)
    {
        if (source.Length < HeaderBytes)
        {
            return null;
        }

        Span<byte> header = stackalloc byte[HeaderBytes];
        source.Read(0, header);
        int[] n = new int[7];
        for (int i = 0; i < n.Length; i++)
        {
            n[i] = BinaryPrimitives.ReadInt32LittleEndian(header[(4 * i)..]);
        }

        bool tied = n[5] > 0;
        if (n[3] < 1 || n[0] < n[3] || n[0] % n[3] != 0 || n[5] == int.MinValue ||
            n[6] is < 1 or > (1 << 24))
        {
            return null;
        }

        var shape = new LlamaShape(
            n[0], n[1], n[2], n[3], n[4], n[0] / n[3], Math.Abs(n[5]), context);
        if (shape.Problem() is not null)
        {
            return null;
        }

        var opened = new CheckpointSource(source)
        {
            Shape = shape,
            TrainedContext = n[6],
            Epsilon = 1e-5f,
            RotaryBase = 10_000,
            HasClassifier = !tied,
        };
        return opened.Lay(n[6]) == source.Length ? opened : null;
    }

    /// <summary>Offsets in run.c's order; returns the length that the file must have.</summary>
    private long Lay(int trainedContext)
    {
        long at = HeaderBytes;
        ReadOnlySpan<WeightId> order =
        [
            WeightId.Embedding, WeightId.AttentionNorm, WeightId.Query, WeightId.Key,
            WeightId.Value, WeightId.Output, WeightId.FeedForwardNorm, WeightId.Gate,
            WeightId.Down, WeightId.Up, WeightId.FinalNorm,
        ];
        foreach (WeightId id in order)
        {
            _offsets[id] = at;
            (int rows, int columns) = Shape.Of(id);
            bool once = id is WeightId.Embedding or WeightId.FinalNorm;
            at += 4L * rows * columns * (once ? 1 : Shape.Layers);
        }

        // Two tables of rotary factors that nobody reads any more.
        at += 4L * trainedContext * Shape.HeadDim;
        if (HasClassifier)
        {
            _offsets[WeightId.Classifier] = at;
            at += 4L * Shape.Vocab * Shape.Dim;
        }

        return at;
    }
}
