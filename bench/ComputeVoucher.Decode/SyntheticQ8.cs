using System;
using System.Buffers.Binary;
using System.IO;
using ComputeVoucher.ModelFiles;

namespace ComputeVoucher.Decode;

/// <summary>A Llama of random Q8_0 weights as GGUF: nothing to say, all of the work.</summary>
internal static class SyntheticQ8
{
    private const int BlockBytes = 34;

    public static void Write(Shape s, Stream stream)
    {
        using GgufWriter writer = new();
        AddValues(writer, s);
        Prng random = new(1);
        AddMatrix(writer, "token_embd.weight", s.Vocab, s.Dim, random);
        AddNorm(writer, "output_norm.weight", s.Dim);
        for (int i = 0; i < s.Layers; i++)
        {
            string block = $"blk.{i}.";
            AddNorm(writer, block + "attn_norm.weight", s.Dim);
            AddMatrix(writer, block + "attn_q.weight", s.Dim, s.Dim, random);
            AddMatrix(writer, block + "attn_k.weight", s.KvDim, s.Dim, random);
            AddMatrix(writer, block + "attn_v.weight", s.KvDim, s.Dim, random);
            AddMatrix(writer, block + "attn_output.weight", s.Dim, s.Dim, random);
            AddNorm(writer, block + "ffn_norm.weight", s.Dim);
            AddMatrix(writer, block + "ffn_gate.weight", s.Hidden, s.Dim, random);
            AddMatrix(writer, block + "ffn_up.weight", s.Hidden, s.Dim, random);
            AddMatrix(writer, block + "ffn_down.weight", s.Dim, s.Hidden, random);
        }

        writer.Write(stream);
    }

    private static void AddValues(GgufWriter writer, Shape shape)
    {
        writer.Add("general.architecture", "llama");
        writer.Add("tokenizer.ggml.model", "no_vocab");
        writer.Add("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        (string Key, int Value)[] numbers =
        [
            ("context_length", 2048), ("embedding_length", shape.Dim),
            ("feed_forward_length", shape.Hidden), ("block_count", shape.Layers),
            ("attention.head_count", shape.Heads), ("attention.head_count_kv", shape.KvHeads),
            ("rope.dimension_count", shape.Dim / shape.Heads), ("vocab_size", shape.Vocab),
        ];
        foreach ((string key, int value) in numbers)
        {
            writer.Add("llama." + key, (uint)value);
        }
    }

    private static void AddNorm(GgufWriter writer, string name, int columns) =>
        writer.AddTensor(name, GgufWriter.TypeF32, [(ulong)columns], columns * sizeof(float), to =>
        {
            for (int i = 0; i < columns; i++)
            {
                to.Write(1f);
            }
        });

    private static void AddMatrix(
        GgufWriter writer, string name, int rows, int columns, Prng random)
    {
        byte[] row = new byte[columns / 32 * BlockBytes];
        ulong[] dims = [(ulong)columns, (ulong)rows];
        writer.AddTensor(name, GgufWriter.TypeQ8, dims, (long)rows * row.Length, to =>
        {
            for (int r = 0; r < rows; r++)
            {
                random.Fill(row);
                for (int at = 0; at < row.Length; at += BlockBytes)
                {
                    // Scales that give weights of some 0.02, as in trained models.
                    BinaryPrimitives.WriteHalfLittleEndian(row.AsSpan(at), (Half)0.0003);
                }

                to.Write(row);
            }
        });
    }
}
