using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.ModelFiles;

namespace ComputeVoucher.Execution.Tests.Language;

/// <summary>
/// What a GGUF file says and the importer does not compute is refused by its name; what it says
/// in another way than most is computed all the same.
/// </summary>
public sealed class GgufRefusalTests
{
    private const string Norm = "llama.attention.layer_norm_rms_epsilon";

    private static readonly LlamaShape s_shape = new(64, 64, 2, 4, 2, 16, 48, 32);

    [Theory]
    [InlineData("blk.0.attn_q.bias")]
    [InlineData("blk.1.attn_k.bias")]
    [InlineData("blk.0.attn_v.bias")]
    [InlineData("blk.0.attn_output.bias")]
    [InlineData("blk.1.ffn_gate.bias")]
    [InlineData("blk.0.ffn_up.bias")]
    [InlineData("blk.0.ffn_down.bias")]
    [InlineData("blk.0.attn_q_norm.weight")]
    [InlineData("blk.2.attn_q.weight")]
    [InlineData("output_norm.bias")]
    [InlineData("some.thing")]
    public void TensorThatNothingReads_IsRefusedByName(string name)
    {
        string refusal = Refused(writer => Vector(writer, name, 64));
        Assert.Contains($"has the tensor '{name}'", refusal, StringComparison.Ordinal);
    }

    public static TheoryData<string, object> WrongValues => new()
    {
        // Other types than the one that llama.cpp reads.
        { "llama.rope.freq_base", 500_000u },
        { "llama.rope.freq_base", 500_000.0 },
        { "general.alignment", "32" },
        { "general.alignment", 32UL },
        { "llama.vocab_size", 48UL },
        { "llama.rope.scaling.factor", 4u },
        { "llama.rope.scaling.type", 1u },
        { "llama.rope.dimension_count", 16 },
        { "llama.attention.causal", 1u },
        { "tokenizer.ggml.tokens", 7u },
        { "tokenizer.ggml.tokens", new[] { 1, 2 } },

        // Values that would change the mathematics.
        { "llama.rope.scaling.type", "yarn" },
        { "llama.rope.scaling.attn_factor", 2f },
        { "llama.rope.dimension_count", 8u },
        { "llama.vocab_size", 47u },
        { "llama.expert_count", 8u },
        { "llama.expert_used_count", 2u },
        { "llama.attention.causal", false },
        { "llama.use_parallel_residual", true },
        { "llama.tensor_data_layout", "reference" },
        { "llama.attention.sliding_window", 4096u },
        { "llama.attn_logit_softcapping", 50f },
        { "llama.final_logit_softcapping", 30f },
        { "llama.attention.scale", 0.1f },
        { "llama.attention.clamp_kqv", 8f },
        { "llama.residual_scale", 0.2f },
        { "llama.embedding_scale", 12f },
        { "llama.logit_scale", 8f },
        { "llama.rope.scaling.yarn_log_multiplier", 1f },
        { "llama.attention.max_alibi_bias", 8f },
        { "llama.some_thing", 0u },
    };

    [Theory]
    [MemberData(nameof(WrongValues))]
    public void ValueThatIsNotApplied_IsRefusedByName(string key, object value) => Assert.Contains(
        key, Refused(writer => Add(writer, key, value)), StringComparison.Ordinal);

    [Theory]
    [InlineData(Norm, 1e-5)]
    [InlineData("llama.context_length", 2048.0)]
    [InlineData("llama.block_count", 2L)]
    [InlineData("llama.attention.head_count", "4")]
    [InlineData("llama.attention.head_count_kv", 2)]
    [InlineData("llama.feed_forward_length", 64f)]
    [InlineData("llama.embedding_length", true)]
    public void ValueOfAnotherTypeOrAbsent_IsNoDefault(string key, object other)
    {
        if (key != "llama.attention.head_count_kv")
        {
            Assert.Contains(key, Refused(_ => { }, without: key), StringComparison.Ordinal);
        }

        Assert.Contains(
            key, Refused(writer => Add(writer, key, other), without: key),
            StringComparison.Ordinal);
    }

    [Fact]
    public void HeadsAsAnArray_AreRefusedByTheirType() => Assert.Contains(
        "llama.attention.head_count_kv as an array of i32, u32 is wanted",
        Refused(
            writer => writer.Add("llama.attention.head_count_kv", new[] { 2, 2 }),
            without: "llama.attention.head_count_kv"),
        StringComparison.Ordinal);

    [Fact]
    public void HarmlessValues_ArePassed()
    {
        string plain = Root(_ => { });
        Assert.Equal(plain, Root(writer =>
        {
            writer.Add("general.name", "a name");
            writer.Add("general.quantization_version", 2u);
            writer.Add("general.size", 5UL);
            writer.Add("other.attention.scale", 0.5);
            writer.Add("llama.vocab_size", 48u);
            writer.Add("llama.rope.dimension_count", 16u);
            writer.Add("llama.rope.freq_base", 10_000f);
            writer.Add("llama.rope.scaling.type", "none");
            writer.Add("llama.rope.scaling.factor", 4f);
            writer.Add("llama.rope.scaling.finetuned", false);
            writer.Add("llama.rope.scaling.original_context_length", 512u);
            writer.Add("llama.expert_count", 0u);
            writer.Add("llama.attention.causal", true);
            writer.Add("llama.tensor_data_layout", "Meta AI original pth");
        }));
    }

    [Fact]
    public void LinearRotaryScale_IsAppliedInEverySpelling()
    {
        string plain = Root(_ => { });
        string linear = Root(writer =>
        {
            writer.Add("llama.rope.scaling.type", "linear");
            writer.Add("llama.rope.scaling.factor", 4f);
        });
        Assert.NotEqual(plain, linear);
        Assert.Equal(linear, Root(writer => writer.Add("llama.rope.scaling.factor", 4f)));
        Assert.Equal(linear, Root(writer => writer.Add("llama.rope.scale_linear", 4f)));
        Assert.Equal(linear, Root(writer =>
        {
            writer.Add("llama.rope.scale_linear", 2f);
            writer.Add("llama.rope.scaling.factor", 4f);
        }));
        Assert.Equal(plain, Root(writer => writer.Add("llama.rope.scaling.factor", 0f)));
    }

    [Fact]
    public void TensorsInTheSameBytes_AreRefused()
    {
        byte[] file = SyntheticGguf.Write(s_shape, GgmlType.Q8_0);
        ReadOnlySpan<byte> name = "blk.1.attn_q.weight"u8;
        int at = file.AsSpan().IndexOf(name) + name.Length + 4 + 2 * 8 + 4;
        ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(at), offset - 32);
        string refusal = Assert.Throws<ModelException>(() => Import(file)).Message;
        Assert.Contains("in the same bytes", refusal, StringComparison.Ordinal);
    }

    /// <summary>A header of 60 MB of arrays that nobody asks for takes no memory.</summary>
    [Fact]
    public void HeaderOfUnreadArrays_AllocatesNothing()
    {
        const int Arrays = 60, ArrayBytes = 1 << 20;
        using var stream = new MemoryStream(Arrays * (ArrayBytes + 64) + 1024);
        using var writer = new BinaryWriter(stream);
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write(0UL);
        writer.Write((ulong)Arrays);
        byte[] content = new byte[ArrayBytes];
        for (int i = 0; i < Arrays; i++)
        {
            writer.Write(5UL);
            writer.Write([(byte)'k', (byte)'e', (byte)'y', (byte)('0' + i / 10),
                (byte)('0' + i % 10)]);
            writer.Write(9u);
            writer.Write(i % 2 == 0 ? 0u : 10u);
            writer.Write((ulong)(i % 2 == 0 ? ArrayBytes : ArrayBytes / 8));
            writer.Write(content);
        }

        using var source = new MemorySource(stream.GetBuffer().AsMemory(0, (int)stream.Length));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(Arrays, GgufReader.Read(source).Values.Count);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    private static void Add(GgufWriter writer, string key, object value)
    {
        switch (value)
        {
            case uint x:
                writer.Add(key, x);
                break;
            case int x:
                writer.Add(key, x);
                break;
            case long x:
                writer.Add(key, (ulong)x);
                break;
            case ulong x:
                writer.Add(key, x);
                break;
            case float x:
                writer.Add(key, x);
                break;
            case double x:
                writer.Add(key, x);
                break;
            case bool x:
                writer.Add(key, x);
                break;
            case string x:
                writer.Add(key, x);
                break;
            default:
                writer.Add(key, (IReadOnlyCollection<int>)value);
                break;
        }
    }

    private static void Vector(GgufWriter writer, string name, int columns) =>
        writer.AddTensor(
            name, GgufWriter.TypeF32, [(ulong)columns], columns * sizeof(float),
            to => to.Write(new byte[columns * sizeof(float)]));

    private static string Root(Action<GgufWriter> also)
    {
        using LanguageModel model = Import(
            SyntheticGguf.Write(s_shape, GgmlType.Q8_0, also: also));
        return model.ModelRoot.ToString();
    }

    private static string Refused(Action<GgufWriter> also, string? without = null)
    {
        byte[] file = SyntheticGguf.Write(s_shape, GgmlType.Q8_0, also: also, without: without);
        string message = Assert.Throws<ModelException>(() => Import(file)).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }

    private static LanguageModel Import(byte[] file)
    {
        using var source = new MemorySource(file);
        return LanguageModel.Import(source, s_shape.Context);
    }
}
