using System;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.ModelFiles;

namespace ComputeVoucher.Execution.Tests.Language;

/// <summary>Begin, end and words of a vocabulary are what the file means, or it is refused.
/// </summary>
public sealed class GgufVocabularyTests
{
    private const string Prefix = "tokenizer.ggml.";
    private const int Words = 48;

    private static readonly LlamaShape s_shape = new(32, 32, 1, 2, 1, 16, Words, 32);

    [Fact]
    public void SentencePiece_WithoutIds_HasTheDefaultsOfLlamaCpp()
    {
        using LanguageModel model = Import(_ => { });
        Tokenizer tokenizer = model.Tokenizer!;
        Assert.Equal((1, 2), (tokenizer.BeginToken, tokenizer.EndToken));
        int[] prompt = tokenizer.EncodePrompt("\u4E05");
        Assert.Equal((1, 5), (prompt[0], prompt[^1]));
    }

    [Fact]
    public void BytePairs_WithoutIds_HaveTheDefaultOfLlamaCppOrAreRefused()
    {
        using var source = new MemorySource(SyntheticGguf.Write(
            s_shape, GgmlType.Q8_0, also: writer => AddBytePairs(writer, Words)));
        using LanguageModel model = LanguageModel.Import(source, s_shape.Context);
        Assert.Equal((11, 11), (model.Tokenizer!.BeginToken, model.Tokenizer.EndToken));
        Assert.False(model.Tokenizer.AddsBegin);
        Refused(Prefix + "bos_token_id", SyntheticGguf.Write(
            new LlamaShape(32, 32, 1, 2, 1, 16, 11, 32), GgmlType.Q8_0,
            also: writer => AddBytePairs(writer, 11)));
    }

    [Fact]
    public void Ids_OfTheFile_AreTaken()
    {
        using LanguageModel model = Import(writer =>
        {
            writer.Add(Prefix + "bos_token_id", 7u);
            writer.Add(Prefix + "eos_token_id", 9u);
            writer.Add(Prefix + "eot_token_id", 9u);
            writer.Add(Prefix + "add_bos_token", false);
            writer.Add(Prefix + "add_eos_token", false);
            writer.Add(Prefix + "padding_token_id", uint.MaxValue);
        });
        Assert.Equal((7, 9), (model.Tokenizer!.BeginToken, model.Tokenizer.EndToken));
        Assert.False(model.Tokenizer.AddsBegin);
    }

    [Theory]
    [InlineData("bos_token_id", 99_999L)]
    [InlineData("bos_token_id", 48L)]
    [InlineData("eos_token_id", 4_294_967_295L)]
    [InlineData("eot_token_id", 5L)]
    [InlineData("eom_token_id", 6L)]
    [InlineData("add_eos_token", true)]
    [InlineData("add_sep_token", true)]
    [InlineData("remove_extra_whitespaces", true)]
    [InlineData("add_bos_token", 1L)]
    [InlineData("bos_token_id", true)]
    [InlineData("precompiled_charsmap", 0L)]
    public void WhatIsNotApplied_IsRefusedByName(string key, object value) =>
        Refused(key, writer =>
        {
            if (value is bool flag)
            {
                writer.Add(Prefix + key, flag);
            }
            else
            {
                writer.Add(Prefix + key, (uint)(long)value);
            }
        });

    [Theory]
    [InlineData(Words - 1)]
    [InlineData(Words + 1)]
    [InlineData(3)]
    public void WordsOtherThanRows_AreRefused(int words)
    {
        byte[] file = SyntheticGguf.Write(
            s_shape, GgmlType.Q8_0, also: writer => SyntheticGguf.AddWords(writer, words));
        Refused($"has rows for {Words} words, its tokenizer has {words}", file);
    }

    [Fact]
    public void TokenizerBeside_OfOtherWords_IsRefused()
    {
        using var source = new MemorySource(SyntheticGguf.Write(s_shape, GgmlType.Q8_0));
        Tokenizer other = Tokenizers.Of(new Vocabulary
        {
            Kind = VocabularyKind.SentencePiece,
            Tokens = ["a"],
            Kinds = [PieceKind.Normal],
            Scores = [0],
        })!;
        string message = Assert.Throws<ModelException>(
            () => LanguageModel.Import(source, s_shape.Context, tokenizer: other)).Message;
        Assert.Contains("its tokenizer has 1", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("token_type")]
    [InlineData("scores")]
    public void PartsOfAVocabulary_OfAnotherTypeOrLength_AreRefused(string part)
    {
        foreach (int count in (int[])[Words - 1, 0])
        {
            byte[] file = SyntheticGguf.Write(s_shape, GgmlType.Q8_0, also: writer =>
            {
                writer.Add(Prefix + "model", "llama");
                writer.Add(Prefix + "tokens", Array.ConvertAll(new int[Words], _ => "x"));
                if (part != "token_type")
                {
                    writer.Add(Prefix + "token_type", Array.ConvertAll(new int[Words], _ => 1));
                }

                if (count > 0)
                {
                    writer.Add(Prefix + part, new int[count]);
                }
            });
            Refused(part, file);
        }
    }

    [Fact]
    public void ArtifactWithDamagedIds_IsRefused()
    {
        using LanguageModel model = Import(_ => { });
        byte[] vocabulary = VocabularyCodec.Encode(model.Tokenizer!.Vocabulary);
        foreach (int at in (int[])[3, 7])
        {
            byte[] damaged = [.. vocabulary];
            BitConverter.TryWriteBytes(damaged.AsSpan(at), Words);
            using var source = new MemorySource(damaged);
            Assert.Throws<ModelException>(() => VocabularyCodec.Decode(damaged, source));
        }
    }

    private static void AddBytePairs(GgufWriter writer, int words)
    {
        int next = 0x4E00;
        writer.Add(Prefix + "model", "gpt2");
        writer.Add(Prefix + "pre", "gpt-2");
        writer.Add(Prefix + "tokens", Array.ConvertAll(
            new int[words], _ => ((char)next++).ToString()));
        writer.Add(Prefix + "token_type", Array.ConvertAll(new int[words], _ => 1));
        writer.Add(Prefix + "merges", (string[])["a b"]);
    }

    private static void Refused(string expected, Action<GgufWriter> also) => Refused(
        expected, SyntheticGguf.Write(s_shape, GgmlType.Q8_0, also: writer =>
        {
            SyntheticGguf.AddWords(writer, Words);
            also(writer);
        }));

    private static void Refused(string expected, byte[] file)
    {
        using var source = new MemorySource(file);
        string message = Assert.Throws<ModelException>(
            () => LanguageModel.Import(source, s_shape.Context)).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    private static LanguageModel Import(Action<GgufWriter> also)
    {
        using var source = new MemorySource(SyntheticGguf.Write(
            s_shape, GgmlType.Q8_0, also: writer =>
            {
                SyntheticGguf.AddWords(writer, Words);
                also(writer);
            }));
        return LanguageModel.Import(source, s_shape.Context);
    }
}
