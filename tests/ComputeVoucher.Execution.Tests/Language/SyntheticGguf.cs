using System;
using System.IO;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.ModelFiles;

namespace ComputeVoucher.Execution.Tests.Language;

/// <summary>A whole Llama of random weights as GGUF: any shape, any format.</summary>
internal sealed class SyntheticGguf
{
    private readonly LlamaShape _shape;
    private readonly GgmlType _type;
    private readonly GgufWriter _writer;
    private readonly float _gain;
    private readonly string? _without;

    private SyntheticGguf(
        LlamaShape shape, GgmlType type, float gain, GgufWriter writer, string? without) =>
        (_shape, _type, _gain, _writer, _without) = (shape, type, gain, writer, without);

    /// <param name="shape">Columns must be whole blocks of the type.</param>
    /// <param name="type">Of every matrix; gains are F32.</param>
    /// <param name="tied">Leave the classifier out.</param>
    /// <param name="gain">Of the norms, times 0.5 to 1.1.</param>
    /// <param name="also">Adds more values and tensors.</param>
    /// <param name="without">A key, or a tensor, that is left out.</param>
    public static byte[] Write(
        LlamaShape shape, GgmlType type, bool tied = false, float gain = 1,
        Action<GgufWriter>? also = null, string? without = null)
    {
        using GgufWriter writer = new();
        new SyntheticGguf(shape, type, gain, writer, without).Run(tied);
        also?.Invoke(writer);
        return writer.ToArray();
    }

    /// <summary>A vocabulary of SentencePiece: the three first pieces, then one letter each.
    /// </summary>
    public static void AddWords(GgufWriter writer, int words)
    {
        string[] tokens = new string[words];
        int[] kinds = new int[words];
        for (int i = 0; i < words; i++)
        {
            tokens[i] = i < 3 ? $"<{i}>" : ((char)(0x4E00 + i)).ToString();
            kinds[i] = i switch { 0 => 2, 1 or 2 => 3, _ => 1 };
        }

        writer.Add("tokenizer.ggml.model", "llama");
        writer.Add("tokenizer.ggml.tokens", tokens);
        writer.Add("tokenizer.ggml.token_type", kinds);
        writer.Add("tokenizer.ggml.scores", new float[words]);
    }

    private void Run(bool tied)
    {
        _writer.Add("general.architecture", "llama");
        Number("llama.context_length", 2048);
        Number("llama.embedding_length", _shape.Dim);
        Number("llama.feed_forward_length", _shape.Hidden);
        Number("llama.attention.head_count", _shape.Heads);
        Number("llama.attention.head_count_kv", _shape.KvHeads);
        Number("llama.attention.key_length", _shape.HeadDim);
        Number("llama.attention.value_length", _shape.HeadDim);
        Number("llama.block_count", _shape.Layers);
        if (_without != "llama.attention.layer_norm_rms_epsilon")
        {
            _writer.Add("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        }

        Tensor("token_embd.weight", WeightId.Embedding, 0);
        Tensor("output_norm.weight", WeightId.FinalNorm, 0);
        if (!tied)
        {
            Tensor("output.weight", WeightId.Classifier, 0);
        }

        for (int i = 0; i < _shape.Layers; i++)
        {
            Tensor($"blk.{i}.attn_norm.weight", WeightId.AttentionNorm, i);
            Tensor($"blk.{i}.attn_q.weight", WeightId.Query, i);
            Tensor($"blk.{i}.attn_k.weight", WeightId.Key, i);
            Tensor($"blk.{i}.attn_v.weight", WeightId.Value, i);
            Tensor($"blk.{i}.attn_output.weight", WeightId.Output, i);
            Tensor($"blk.{i}.ffn_norm.weight", WeightId.FeedForwardNorm, i);
            Tensor($"blk.{i}.ffn_gate.weight", WeightId.Gate, i);
            Tensor($"blk.{i}.ffn_up.weight", WeightId.Up, i);
            Tensor($"blk.{i}.ffn_down.weight", WeightId.Down, i);
        }
    }

    private void Tensor(string name, WeightId id, int layer)
    {
        if (name == _without)
        {
            return;
        }

        (int rows, int columns) = _shape.Of(id);
        if (id >= WeightId.AttentionNorm)
        {
            _writer.AddTensor(
                name, GgufWriter.TypeF32, [(ulong)columns], columns * sizeof(float),
                writer => Norm(writer, columns));
            return;
        }

        long bytes = (long)rows * columns / GgmlTypes.BlockWeights(_type)
            * GgmlTypes.BlockBytes(_type);
        _writer.AddTensor(
            name, (uint)_type, [(ulong)columns, (ulong)rows], bytes, writer =>
            {
                for (int row = 0; row < rows; row++)
                {
                    writer.Write(RandomBlocks.Row(_type, columns, Seed(id, layer, row)));
                }
            });
    }

    private void Norm(BinaryWriter writer, int columns)
    {
        for (int i = 0; i < columns; i++)
        {
            writer.Write(_gain * (0.5f + i % 7 * 0.1f));
        }
    }

    private static int Seed(WeightId id, int layer, int row) =>
        ((int)id * 7919 + layer) * 104_729 + row;

    private void Number(string key, int value)
    {
        if (key != _without)
        {
            _writer.Add(key, (uint)value);
        }
    }
}
