using System;
using System.Collections.Generic;
using System.IO;
using ComputeVoucher.ModelFiles;

namespace ComputeVoucher.Models.Tales;

/// <summary>
/// The model as a GGUF file: matrices as Q8_0 blocks, norms as F32, the byte pair encoding with it.
/// </summary>
internal static class TalesFile
{
    private const int BlockSize = 32;
    private const int BlockBytes = 34;
    private const int TokenNormal = 1;
    private const int TokenControl = 3;
    private const uint FileTypeMostlyQ8_0 = 7;

    public static byte[] Write(Shape shape, Weights weights, BytePairEncoding encoding)
    {
        using GgufWriter writer = new();
        AddArchitecture(writer, shape);
        AddTokenizer(writer, encoding);
        AddWeights(writer, shape, weights);
        return writer.ToArray();
    }

    private static void AddArchitecture(GgufWriter writer, Shape shape)
    {
        writer.Add("general.architecture", "llama");
        writer.Add("general.name", "ComputeVoucher tales");
        writer.Add("general.license", "the repository's");
        writer.Add("general.file_type", FileTypeMostlyQ8_0);
        writer.Add("llama.context_length", (uint)shape.Context);
        writer.Add("llama.embedding_length", (uint)shape.Dim);
        writer.Add("llama.block_count", (uint)shape.Layers);
        writer.Add("llama.feed_forward_length", (uint)shape.Hidden);
        writer.Add("llama.attention.head_count", (uint)shape.Heads);
        writer.Add("llama.attention.head_count_kv", (uint)shape.KvHeads);
        writer.Add("llama.rope.dimension_count", (uint)shape.HeadDim);
        writer.Add("llama.vocab_size", (uint)shape.Vocabulary);
        writer.Add("llama.attention.layer_norm_rms_epsilon", Shape.Epsilon);
        writer.Add("llama.rope.freq_base", Shape.RopeBase);
    }

    private static void AddTokenizer(GgufWriter writer, BytePairEncoding encoding)
    {
        writer.Add("tokenizer.ggml.model", "gpt2");
        writer.Add("tokenizer.ggml.pre", "gpt-2");
        writer.Add("tokenizer.ggml.tokens", encoding.Tokens);
        int[] types = new int[encoding.Tokens.Count];
        Array.Fill(types, TokenNormal);
        types[encoding.EndOfTextId] = TokenControl;
        writer.Add("tokenizer.ggml.token_type", types);
        List<string> merges = [];
        foreach ((string left, string right) in encoding.Merges)
        {
            merges.Add(left + " " + right);
        }

        writer.Add("tokenizer.ggml.merges", merges);
        writer.Add("tokenizer.ggml.bos_token_id", (uint)encoding.EndOfTextId);
        writer.Add("tokenizer.ggml.eos_token_id", (uint)encoding.EndOfTextId);
        writer.Add("tokenizer.ggml.add_bos_token", true);
    }

    private static void AddWeights(GgufWriter writer, Shape shape, Weights weights)
    {
        AddMatrix(writer, "token_embd.weight", weights.Embedding, shape.Dim);
        AddVector(writer, "output_norm.weight", weights.FinalNorm);
        for (int l = 0; l < shape.Layers; l++)
        {
            Weights.Layer layer = weights.Layers[l];
            AddVector(writer, $"blk.{l}.attn_norm.weight", layer.AttentionNorm);
            AddMatrix(writer, $"blk.{l}.attn_q.weight", layer.Query, shape.Dim);
            AddMatrix(writer, $"blk.{l}.attn_k.weight", layer.Key, shape.Dim);
            AddMatrix(writer, $"blk.{l}.attn_v.weight", layer.Value, shape.Dim);
            AddMatrix(writer, $"blk.{l}.attn_output.weight", layer.Output, shape.Dim);
            AddVector(writer, $"blk.{l}.ffn_norm.weight", layer.FeedForwardNorm);
            AddMatrix(writer, $"blk.{l}.ffn_gate.weight", layer.Gate, shape.Dim);
            AddMatrix(writer, $"blk.{l}.ffn_up.weight", layer.Up, shape.Dim);
            AddMatrix(writer, $"blk.{l}.ffn_down.weight", layer.Down, shape.Hidden);
        }
    }

    private static void AddVector(GgufWriter writer, string name, Memory<float> values)
    {
        void Write(BinaryWriter to)
        {
            foreach (float value in values.Span)
            {
                to.Write(value);
            }
        }

        writer.AddTensor(
            name, GgufWriter.TypeF32, [(ulong)values.Length], values.Length * sizeof(float), Write);
    }

    private static void AddMatrix(
        GgufWriter writer, string name, Memory<float> values, int columns)
    {
        void Write(BinaryWriter to)
        {
            for (int i = 0; i < values.Length; i += BlockSize)
            {
                WriteBlock(to, values.Span.Slice(i, BlockSize));
            }
        }

        ulong[] dims = [(ulong)columns, (ulong)(values.Length / columns)];
        writer.AddTensor(
            name, GgufWriter.TypeQ8, dims, values.Length / BlockSize * BlockBytes, Write);
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
}
