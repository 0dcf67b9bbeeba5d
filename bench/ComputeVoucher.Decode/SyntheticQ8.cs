using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace ComputeVoucher.Decode;

/// <summary>A Llama of random Q8_0 weights as GGUF v3: nothing to say, all of the work.</summary>
internal sealed class SyntheticQ8
{
    private const int BlockBytes = 34;
    private readonly List<(string Name, int Rows, int Columns)> _tensors = [];

    private SyntheticQ8(Shape s)
    {
        _tensors.Add(("token_embd.weight", s.Vocab, s.Dim));
        _tensors.Add(("output_norm.weight", 0, s.Dim));
        for (int i = 0; i < s.Layers; i++)
        {
            string block = $"blk.{i}.";
            _tensors.Add((block + "attn_norm.weight", 0, s.Dim));
            _tensors.Add((block + "attn_q.weight", s.Dim, s.Dim));
            _tensors.Add((block + "attn_k.weight", s.KvDim, s.Dim));
            _tensors.Add((block + "attn_v.weight", s.KvDim, s.Dim));
            _tensors.Add((block + "attn_output.weight", s.Dim, s.Dim));
            _tensors.Add((block + "ffn_norm.weight", 0, s.Dim));
            _tensors.Add((block + "ffn_gate.weight", s.Hidden, s.Dim));
            _tensors.Add((block + "ffn_up.weight", s.Hidden, s.Dim));
            _tensors.Add((block + "ffn_down.weight", s.Dim, s.Hidden));
        }
    }

    public static void Write(Shape shape, Stream stream)
    {
        using var writer = new BinaryWriter(stream);
        new SyntheticQ8(shape).Write(shape, writer);
    }

    private void Write(Shape shape, BinaryWriter writer)
    {
        (string Key, int Value)[] numbers =
        [
            ("context_length", 2048), ("embedding_length", shape.Dim),
            ("feed_forward_length", shape.Hidden), ("block_count", shape.Layers),
            ("attention.head_count", shape.Heads), ("attention.head_count_kv", shape.KvHeads),
            ("rope.dimension_count", shape.Dim / shape.Heads), ("vocab_size", shape.Vocab),
        ];
        writer.Write("GGUF"u8);
        writer.Write(3);
        writer.Write((long)_tensors.Count);
        writer.Write(numbers.Length + 3L);
        Text(writer, "general.architecture");
        writer.Write(8);
        Text(writer, "llama");
        Text(writer, "tokenizer.ggml.model");
        writer.Write(8);
        Text(writer, "no_vocab");
        Text(writer, "llama.attention.layer_norm_rms_epsilon");
        writer.Write(6);
        writer.Write(1e-5f);
        foreach ((string key, int value) in numbers)
        {
            Text(writer, "llama." + key);
            writer.Write(4);
            writer.Write(value);
        }

        long offset = 0;
        foreach ((string name, int rows, int columns) in _tensors)
        {
            Text(writer, name);
            writer.Write(rows == 0 ? 1 : 2);
            writer.Write((long)columns);
            if (rows != 0)
            {
                writer.Write((long)rows);
            }

            writer.Write(rows == 0 ? 0 : 8);
            writer.Write(offset);
            offset += Align(rows == 0 ? 4L * columns : (long)rows * columns / 32 * BlockBytes);
        }

        Data(writer);
    }

    private void Data(BinaryWriter writer)
    {
        var random = new Random(1);
        Pad(writer);
        foreach ((_, int rows, int columns) in _tensors)
        {
            if (rows == 0)
            {
                for (int i = 0; i < columns; i++)
                {
                    writer.Write(1f);
                }
            }
            else
            {
                byte[] row = new byte[columns / 32 * BlockBytes];
                for (int r = 0; r < rows; r++)
                {
                    random.NextBytes(row);
                    for (int at = 0; at < row.Length; at += BlockBytes)
                    {
                        // Scales that give weights of some 0.02, as in trained models.
                        BinaryPrimitives.WriteHalfLittleEndian(row.AsSpan(at), (Half)0.0003);
                    }

                    writer.Write(row);
                }
            }

            Pad(writer);
        }
    }

    private static long Align(long bytes) => (bytes + 31) / 32 * 32;

    private static void Pad(BinaryWriter writer)
    {
        writer.Flush();
        while (writer.BaseStream.Position % 32 != 0)
        {
            writer.Write((byte)0);
            writer.Flush();
        }
    }

    private static void Text(BinaryWriter writer, string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        writer.Write((long)utf8.Length);
        writer.Write(utf8);
    }
}
