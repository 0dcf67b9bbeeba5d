using System;
using System.Collections.Generic;

namespace ComputeVoucher.Execution.Language;

/// <summary>A Llama in a GGUF v3 file, with the tensor names of llama.cpp.</summary>
internal sealed class GgufSource(GgufFile file) : LlamaSource(file.Source)
{
    /// <summary>Base of the rotary frequencies where a file names none (llama.cpp).</summary>
    private const float RotaryBaseDefault = 10_000;

    /// <summary>Per-pair divisors of the rotary frequencies, of Llama 3.1 and later.</summary>
    private const string RotaryFactorsName = "rope_freqs.weight";

    private readonly Dictionary<(WeightId Id, int Layer), GgufTensor> _tensors = [];

    /// <summary>Reads and checks shape, names and types of every tensor; no weights yet.</summary>
    /// <exception cref="ModelException">
    /// Not a Llama, or one with a value or a tensor that would not be computed with.
    /// </exception>
    public static GgufSource Open(GgufFile file, int context)
    {
        ByteSource bytes = file.Source;
        string architecture = file.Text("general.architecture") ?? "none";
        if (architecture != "llama")
        {
            throw bytes.Refuse("is not of the Llama architecture, the only one supported");
        }

        LlamaShape shape = ShapeOf(file, context);
        if (shape.Problem() is string problem)
        {
            throw bytes.Refuse(problem);
        }

        LlamaKeys.Check(file, shape);
        if (Get(file, "attention.value_length", LlamaShape.HeadDimMax, shape.Dim / shape.Heads) !=
            shape.HeadDim)
        {
            throw bytes.Refuse("has values of another length than keys, which is not supported");
        }

        LanguageModel.CheckWords(bytes, GgufVocabulary.Words(file), shape.Vocab);
        var source = new GgufSource(file)
        {
            Shape = shape,
            TrainedContext = Get(file, "context_length", int.MaxValue),
            Epsilon = file.Real(LlamaKeys.Prefix + "attention.layer_norm_rms_epsilon") ??
                throw bytes.Refuse($"has no '{LlamaKeys.Prefix}attention.layer_norm_rms_epsilon';" +
                    " export the model again"),
            RotaryBase = file.Real(LlamaKeys.Prefix + "rope.freq_base") ?? RotaryBaseDefault,
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
        if (file.Find(RotaryFactorsName) is not GgufTensor tensor)
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

    private static LlamaShape ShapeOf(GgufFile file, int context)
    {
        int dim = Get(file, "embedding_length", LlamaShape.DimMax);
        int heads = Get(file, "attention.head_count", LlamaShape.HeadsMax);
        return new LlamaShape(
            dim,
            Get(file, "feed_forward_length", LlamaShape.HiddenMax),
            Get(file, "block_count", LlamaShape.LayersMax),
            heads,
            Get(file, "attention.head_count_kv", LlamaShape.HeadsMax, heads),
            Get(file, "attention.key_length", LlamaShape.HeadDimMax, dim / heads),
            file.Tensor("token_embd.weight").Rows,
            context);
    }

    private static int Get(GgufFile file, string key, int max, int? absent = null) =>
        file.Integer(LlamaKeys.Prefix + key, 1, max, absent);

    /// <summary>
    /// As llama.cpp reads it: a factor without a type is linear, the older key counts where there
    /// is no factor, a factor of 0 is none.
    /// </summary>
    private static double LinearScale(GgufFile file)
    {
        string scaling = file.Text(LlamaKeys.Prefix + "rope.scaling.type") ?? "linear";
        float? factor = file.Real(LlamaKeys.Prefix + "rope.scaling.factor");
        float? old = file.Real(LlamaKeys.Prefix + "rope.scale_linear");
        return scaling switch
        {
            "none" => 1,
            "linear" => (factor ?? old) is { } scale and not 0 ? scale : 1,
            _ => throw file.Source.Refuse(
                $"says {LlamaKeys.Prefix}rope.scaling.type = " +
                $"'{GgufFile.Printable(scaling)}', supported are none and linear"),
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

        RequireAllBound();
    }

    /// <summary>
    /// Refuses what the file has beyond a plain Llama: to leave a bias out is another model.
    /// </summary>
    private void RequireAllBound()
    {
        HashSet<string> read = [RotaryFactorsName];
        foreach (GgufTensor tensor in _tensors.Values)
        {
            read.Add(tensor.Name);
        }

        foreach (string name in file.Tensors.Keys)
        {
            if (!read.Contains(name))
            {
                throw Bytes.Refuse($"has the tensor '{GgufFile.Printable(name)}', which no " +
                    "operator here computes with; a Llama without it is supported");
            }
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
