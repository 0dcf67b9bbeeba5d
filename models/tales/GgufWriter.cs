using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace ComputeVoucher.Models.Tales;

/// <summary>
/// Writes the model as GGUF version 3 (as ggml specifies): matrices as Q8_0 blocks, norms as F32,
/// the byte pair encoding with it.
/// </summary>
internal sealed class GgufWriter : IDisposable
{
    private const uint Version = 3;
    private const int Alignment = 32;
    private const int BlockSize = 32;

    private enum ValueType : uint
    {
        Int32 = 5,
        UInt32 = 4,
        Float32 = 6,
        Bool = 7,
        String = 8,
        Array = 9,
    }

    private enum TensorType : uint
    {
        Float32 = 0,
        Q8_0 = 8,
    }

    private const int TokenNormal = 1;
    private const int TokenControl = 3;
    private const uint FileTypeMostlyQ8_0 = 7;

    private readonly MemoryStream _values = new();
    private readonly List<(string Name, ulong[] Dims, TensorType Type, byte[] Data)> _tensors = [];
    private ulong _valueCount;

    public static byte[] Write(Shape shape, Weights weights, BytePairEncoding encoding)
    {
        using GgufWriter writer = new();
        writer.AddArchitecture(shape);
        writer.AddTokenizer(encoding);
        writer.AddWeights(shape, weights);
        return writer.Finish();
    }

    public void Dispose() => _values.Dispose();

    private void AddArchitecture(Shape shape)
    {
        Add("general.architecture", "llama");
        Add("general.name", "ComputeVoucher tales");
        Add("general.license", "the repository's");
        Add("general.file_type", FileTypeMostlyQ8_0);
        Add("llama.context_length", (uint)shape.Context);
        Add("llama.embedding_length", (uint)shape.Dim);
        Add("llama.block_count", (uint)shape.Layers);
        Add("llama.feed_forward_length", (uint)shape.Hidden);
        Add("llama.attention.head_count", (uint)shape.Heads);
        Add("llama.attention.head_count_kv", (uint)shape.KvHeads);
        Add("llama.rope.dimension_count", (uint)shape.HeadDim);
        Add("llama.vocab_size", (uint)shape.Vocabulary);
        Add("llama.attention.layer_norm_rms_epsilon", Shape.Epsilon);
        Add("llama.rope.freq_base", Shape.RopeBase);
    }

    private void AddTokenizer(BytePairEncoding encoding)
    {
        Add("tokenizer.ggml.model", "gpt2");
        Add("tokenizer.ggml.pre", "gpt-2");
        int count = encoding.Tokens.Count;
        BinaryWriter tokens = Array("tokenizer.ggml.tokens", ValueType.String, count);
        foreach (string token in encoding.Tokens)
        {
            WriteString(tokens, token);
        }

        BinaryWriter types = Array("tokenizer.ggml.token_type", ValueType.Int32, count);
        for (int id = 0; id < encoding.Tokens.Count; id++)
        {
            types.Write(id == encoding.EndOfTextId ? TokenControl : TokenNormal);
        }

        BinaryWriter merges =
            Array("tokenizer.ggml.merges", ValueType.String, encoding.Merges.Count);
        foreach ((string left, string right) in encoding.Merges)
        {
            WriteString(merges, left + " " + right);
        }

        Add("tokenizer.ggml.bos_token_id", (uint)encoding.EndOfTextId);
        Add("tokenizer.ggml.eos_token_id", (uint)encoding.EndOfTextId);
        Header("tokenizer.ggml.add_bos_token", ValueType.Bool).Write(true);
    }

    private void AddWeights(Shape shape, Weights weights)
    {
        AddMatrix("token_embd.weight", weights.Embedding, shape.Dim);
        AddVector("output_norm.weight", weights.FinalNorm);
        for (int l = 0; l < shape.Layers; l++)
        {
            Weights.Layer layer = weights.Layers[l];
            AddVector($"blk.{l}.attn_norm.weight", layer.AttentionNorm);
            AddMatrix($"blk.{l}.attn_q.weight", layer.Query, shape.Dim);
            AddMatrix($"blk.{l}.attn_k.weight", layer.Key, shape.Dim);
            AddMatrix($"blk.{l}.attn_v.weight", layer.Value, shape.Dim);
            AddMatrix($"blk.{l}.attn_output.weight", layer.Output, shape.Dim);
            AddVector($"blk.{l}.ffn_norm.weight", layer.FeedForwardNorm);
            AddMatrix($"blk.{l}.ffn_gate.weight", layer.Gate, shape.Dim);
            AddMatrix($"blk.{l}.ffn_up.weight", layer.Up, shape.Dim);
            AddMatrix($"blk.{l}.ffn_down.weight", layer.Down, shape.Hidden);
        }
    }

    private void AddVector(string name, Memory<float> values)
    {
        byte[] data = new byte[values.Length * sizeof(float)];
        Buffer.BlockCopy(values.ToArray(), 0, data, 0, data.Length);
        _tensors.Add((name, [(ulong)values.Length], TensorType.Float32, data));
    }

    private void AddMatrix(string name, Memory<float> values, int columns)
    {
        MemoryStream data = new();
        BinaryWriter writer = new(data);
        for (int i = 0; i < values.Length; i += BlockSize)
        {
            WriteBlock(writer, values.Span.Slice(i, BlockSize));
        }

        ulong[] dims = [(ulong)columns, (ulong)(values.Length / columns)];
        _tensors.Add((name, dims, TensorType.Q8_0, data.ToArray()));
    }

    /// <summary>One Q8_0 block: scale max|x| / 127 in half precision, then 32 rounded
    /// quotients.</summary>
    private static void WriteBlock(BinaryWriter writer, ReadOnlySpan<float> values)
    {
        float max = 0;
        foreach (float value in values)
        {
            max = Math.Max(max, Math.Abs(value));
        }

        float scale = max / 127f;
        float inverse = scale == 0 ? 0 : 1f / scale;
        writer.Write((Half)scale);
        foreach (float value in values)
        {
            writer.Write((sbyte)MathF.Round(value * inverse, MidpointRounding.AwayFromZero));
        }
    }

    private void Add(string key, string value) => WriteString(Header(key, ValueType.String), value);

    private void Add(string key, uint value) => Header(key, ValueType.UInt32).Write(value);

    private void Add(string key, float value) => Header(key, ValueType.Float32).Write(value);

    private BinaryWriter Array(string key, ValueType type, int count)
    {
        BinaryWriter writer = Header(key, ValueType.Array);
        writer.Write((uint)type);
        writer.Write((ulong)count);
        return writer;
    }

    private BinaryWriter Header(string key, ValueType type)
    {
        _valueCount++;
        BinaryWriter writer = new(_values);
        WriteString(writer, key);
        writer.Write((uint)type);
        return writer;
    }

    private static void WriteString(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private byte[] Finish()
    {
        MemoryStream file = new();
        BinaryWriter writer = new(file);
        writer.Write("GGUF"u8);
        writer.Write(Version);
        writer.Write((ulong)_tensors.Count);
        writer.Write(_valueCount);
        writer.Write(_values.ToArray());
        ulong offset = 0;
        foreach ((string name, ulong[] dims, TensorType type, byte[] data) in _tensors)
        {
            WriteString(writer, name);
            writer.Write((uint)dims.Length);
            dims.ToList().ForEach(writer.Write);
            writer.Write((uint)type);
            writer.Write(offset);
            offset += Padded((ulong)data.Length);
        }

        Pad(writer);
        foreach ((string _, ulong[] _, TensorType _, byte[] data) in _tensors)
        {
            writer.Write(data);
            Pad(writer);
        }

        return file.ToArray();
    }

    private static ulong Padded(ulong length) => (length + Alignment - 1) / Alignment * Alignment;

    private static void Pad(BinaryWriter writer)
    {
        ulong length = (ulong)writer.BaseStream.Length;
        writer.Write(new byte[(int)(Padded(length) - length)]);
    }
}
