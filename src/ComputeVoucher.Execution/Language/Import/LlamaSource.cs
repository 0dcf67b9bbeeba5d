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

/// <summary>A Llama in a GGUF v3 file, with the tensor names of llama.cpp.</summary>
internal sealed class GgufSource(GgufFile file) : LlamaSource(file.Source)
{
    private const string Prefix = "llama.";

    private readonly Dictionary<(WeightId Id, int Layer), GgufTensor> _tensors = [];

    /// <summary>Reads and checks shape, names and types of every tensor; no weights yet.</summary>
    public static GgufSource Open(GgufFile file, int context)
    {
        ByteSource bytes = file.Source;
        string architecture = file.Text("general.architecture") ?? "none";
        if (architecture != "llama")
        {
            throw bytes.Refuse("is not of the Llama architecture, the only one supported");
        }

        int dim = Get(file, "embedding_length", LlamaShape.DimMax);
        int heads = Get(file, "attention.head_count", LlamaShape.HeadsMax);
        int headDim = Get(file, "attention.key_length", LlamaShape.HeadDimMax, dim / heads);
        var shape = new LlamaShape(
            dim,
            Get(file, "feed_forward_length", LlamaShape.HiddenMax),
            Get(file, "block_count", LlamaShape.LayersMax),
            heads,
            Get(file, "attention.head_count_kv", LlamaShape.HeadsMax, heads),
            headDim,
            file.Tensor("token_embd.weight").Rows,
            context);
        if (shape.Problem() is string problem)
        {
            throw bytes.Refuse(problem);
        }

        if (Get(file, "rope.dimension_count", 1 << 20, headDim) != headDim ||
            Get(file, "attention.value_length", 1 << 20, headDim) != headDim)
        {
            throw bytes.Refuse("rotates a part of each head only, which is not supported");
        }

        var source = new GgufSource(file)
        {
            Shape = shape,
            TrainedContext = Get(file, "context_length", int.MaxValue, 2048),
            Epsilon = (float)file.Real(Prefix + "attention.layer_norm_rms_epsilon", 1e-5),
            RotaryBase = file.Real(Prefix + "rope.freq_base", 10_000),
            RotaryScale = LinearScale(file),
            HasClassifier = file.Find("output.weight") is not null,
        };
        source.BindAll();
        return source;
    }

    public override GgmlType TypeOf(WeightId id, int layer) => _tensors[(id, layer)].Type;

    public override void ReadRow(WeightId id, int layer, int row, Span<byte> bytes)
    {
        GgufTensor tensor = _tensors[(id, layer)];
        Bytes.Read(tensor.Offset + row * tensor.RowBytes, bytes);
    }

    public override float[]? RotaryFactors()
    {
        if (file.Find("rope_freqs.weight") is not GgufTensor tensor)
        {
            return null;
        }

        if (tensor.Type != GgmlType.F32 || tensor.Rows != 1 ||
            tensor.Columns != Shape.HeadDim / 2)
        {
            throw Bytes.Refuse("has rope_freqs of another shape than half a head in F32");
        }

        byte[] bytes = new byte[tensor.RowBytes];
        Bytes.Read(tensor.Offset, bytes);
        float[] factors = new float[tensor.Columns];
        Decode(GgmlType.F32, bytes, factors);
        return factors;
    }

    private static int Get(GgufFile file, string key, int max, int? absent = null) =>
        (int)file.Integer(Prefix + key, 1, max, absent);

    private static double LinearScale(GgufFile file)
    {
        string scaling = file.Text(Prefix + "rope.scaling.type") ?? "none";
        return scaling switch
        {
            "none" => 1,
            "linear" => file.Real(Prefix + "rope.scaling.factor", 1),
            _ => throw file.Source.Refuse("uses a rotary scaling other than none or linear"),
        };
    }

    private void BindAll()
    {
        Bind(WeightId.Embedding, 0, "token_embd.weight");
        Bind(WeightId.FinalNorm, 0, "output_norm.weight");
        if (HasClassifier)
        {
            Bind(WeightId.Classifier, 0, "output.weight");
        }

        for (int layer = 0; layer < Shape.Layers; layer++)
        {
            string block = $"blk.{layer}.";
            Bind(WeightId.AttentionNorm, layer, block + "attn_norm.weight");
            Bind(WeightId.Query, layer, block + "attn_q.weight");
            Bind(WeightId.Key, layer, block + "attn_k.weight");
            Bind(WeightId.Value, layer, block + "attn_v.weight");
            Bind(WeightId.Output, layer, block + "attn_output.weight");
            Bind(WeightId.FeedForwardNorm, layer, block + "ffn_norm.weight");
            Bind(WeightId.Gate, layer, block + "ffn_gate.weight");
            Bind(WeightId.Up, layer, block + "ffn_up.weight");
            Bind(WeightId.Down, layer, block + "ffn_down.weight");
        }
    }

    private void Bind(WeightId id, int layer, string name)
    {
        GgufTensor tensor = file.Tensor(name);
        (int rows, int columns) = Shape.Of(id);
        if (tensor.Rows != rows || tensor.Columns != columns)
        {
            throw Bytes.Refuse($"has {name} of {tensor.Columns} × {tensor.Rows}, its shape " +
                $"wants {columns} × {rows}; export the model again");
        }

        bool vector = rows == 1 && id >= WeightId.AttentionNorm;
        bool supported = vector
            ? tensor.Type is GgmlType.F32 or GgmlType.F16
            : tensor.Type is GgmlType.F32 or GgmlType.F16 or GgmlType.Q8_0 or GgmlType.Q4_0 or
                GgmlType.Q4_K or GgmlType.Q6_K;
        if (!supported)
        {
            throw Bytes.Refuse($"has {name} in ggml type {(int)tensor.Type}; supported are F32, " +
                "F16 and for matrices Q8_0, Q4_0, Q4_K and Q6_K: quantize it again");
        }

        _tensors.Add((id, layer), tensor);
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
