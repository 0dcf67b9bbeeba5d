using System;
using System.Buffers.Binary;
using System.IO;
using System.Text;
using ComputeVoucher.Execution.Language;

namespace ComputeVoucher.Execution.Tests.Language;

/// <summary>Writes a whole Llama of random weights as GGUF v3: any shape, any format.</summary>
internal sealed class SyntheticGguf : IDisposable
{
    private readonly LlamaShape _shape;
    private readonly GgmlType _type;
    private readonly BinaryWriter _writer;
    private readonly float _gain;
    private long _offset;

    private SyntheticGguf(LlamaShape shape, GgmlType type, float gain, Stream stream)
    {
        _gain = gain;
        _shape = shape;
        _type = type;
        _writer = new BinaryWriter(stream);
    }

    /// <param name="shape">Columns must be whole blocks of the type.</param>
    /// <param name="type">Of every matrix; gains are F32.</param>
    /// <param name="tied">Leave the classifier out.</param>
    /// <param name="gain">Of the norms, times 0.5 to 1.1.</param>
    public static byte[] Write(
        LlamaShape shape, GgmlType type, bool tied = false, float gain = 1)
    {
        using var stream = new MemoryStream();
        using var writer = new SyntheticGguf(shape, type, gain, stream);
        writer.Run(tied);
        return stream.ToArray();
    }

    public void Dispose() => _writer.Dispose();

    private void Run(bool tied)
    {
        _writer.Write(GgufReader.Magic);
        _writer.Write(3);
        _writer.Write((long)((tied ? 2 : 3) + 9 * _shape.Layers));
        _writer.Write(9L);
        Text("general.architecture", "llama");
        Number("llama.context_length", 2048);
        Number("llama.embedding_length", _shape.Dim);
        Number("llama.feed_forward_length", _shape.Hidden);
        Number("llama.attention.head_count", _shape.Heads);
        Number("llama.attention.head_count_kv", _shape.KvHeads);
        Number("llama.attention.key_length", _shape.HeadDim);
        Number("llama.attention.value_length", _shape.HeadDim);
        Number("llama.block_count", _shape.Layers);
        EachTensor(tied, Info);
        while (_writer.BaseStream.Position % 32 != 0)
        {
            _writer.Write((byte)0);
        }

        EachTensor(tied, Data);
    }

    private void EachTensor(bool tied, Action<string, WeightId, int> write)
    {
        write("token_embd.weight", WeightId.Embedding, 0);
        write("output_norm.weight", WeightId.FinalNorm, 0);
        if (!tied)
        {
            write("output.weight", WeightId.Classifier, 0);
        }

        for (int i = 0; i < _shape.Layers; i++)
        {
            write($"blk.{i}.attn_norm.weight", WeightId.AttentionNorm, i);
            write($"blk.{i}.attn_q.weight", WeightId.Query, i);
            write($"blk.{i}.attn_k.weight", WeightId.Key, i);
            write($"blk.{i}.attn_v.weight", WeightId.Value, i);
            write($"blk.{i}.attn_output.weight", WeightId.Output, i);
            write($"blk.{i}.ffn_norm.weight", WeightId.FeedForwardNorm, i);
            write($"blk.{i}.ffn_gate.weight", WeightId.Gate, i);
            write($"blk.{i}.ffn_up.weight", WeightId.Up, i);
            write($"blk.{i}.ffn_down.weight", WeightId.Down, i);
        }
    }

    private void Info(string name, WeightId id, int layer)
    {
        (int rows, int columns) = _shape.Of(id);
        bool vector = id >= WeightId.AttentionNorm;
        Utf8(name);
        _writer.Write(vector ? 1 : 2);
        _writer.Write((long)columns);
        if (!vector)
        {
            _writer.Write((long)rows);
        }

        GgmlType type = vector ? GgmlType.F32 : _type;
        _writer.Write((int)type);
        _writer.Write(_offset);
        long bytes = (long)rows * columns / GgmlTypes.BlockWeights(type) *
            GgmlTypes.BlockBytes(type);
        _offset += (bytes + 31) / 32 * 32;
    }

    private void Data(string name, WeightId id, int layer)
    {
        (int rows, int columns) = _shape.Of(id);
        if (id >= WeightId.AttentionNorm)
        {
            for (int i = 0; i < columns; i++)
            {
                _writer.Write(_gain * (0.5f + i % 7 * 0.1f));
            }
        }
        else
        {
            for (int row = 0; row < rows; row++)
            {
                int seed = HashCode(id, layer, row);
                _writer.Write(RandomBlocks.Row(_type, columns, seed));
            }
        }

        while (_writer.BaseStream.Position % 32 != 0)
        {
            _writer.Write((byte)0);
        }
    }

    private static int HashCode(WeightId id, int layer, int row) =>
        ((int)id * 7919 + layer) * 104_729 + row;

    private void Text(string key, string value)
    {
        Utf8(key);
        _writer.Write(8);
        Utf8(value);
    }

    private void Number(string key, int value)
    {
        Utf8(key);
        _writer.Write(4);
        _writer.Write(value);
    }

    private void Utf8(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, utf8.Length);
        _writer.Write(length);
        _writer.Write(utf8);
    }
}
