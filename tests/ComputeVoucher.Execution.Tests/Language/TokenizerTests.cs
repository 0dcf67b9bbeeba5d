using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Execution.Tests.Language;

public sealed class TokenizerTests
{
    private const string Separator = "\n__ggml_vocab_test__\n";

    [SharedDataTheory("gguf-vocab")]
    [InlineData("gpt-2", 46)]
    [InlineData("llama-spm", 46)]
    public void Vocabulary_GivesTheIdsOfLlamaCpp(string name, int cases)
    {
        Tokenizer tokenizer = Open(name);
        string file = SharedData.PathOf("gguf-vocab", $"ggml-vocab-{name}.gguf");
        string[] inputs = File.ReadAllText(file + ".inp").Split(Separator);
        string[] outputs = File.ReadAllLines(file + ".out");
        Assert.Equal(cases, outputs.Length);
        for (int i = 0; i < outputs.Length; i++)
        {
            int[] expected = outputs[i]
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(id => int.Parse(id, CultureInfo.InvariantCulture))
                .ToArray();
            Assert.True(
                expected.AsSpan().SequenceEqual(tokenizer.Encode(inputs[i])),
                $"case {i} '{inputs[i]}': {string.Join(' ', tokenizer.Encode(inputs[i]))}");
        }
    }

    [SharedDataTheory("gguf-vocab")]
    [InlineData("gpt-2")]
    [InlineData("llama-spm")]
    public void Decode_GivesTheTextBack(string name)
    {
        Tokenizer tokenizer = Open(name);
        foreach (string text in new[]
        {
            "Hello world", " two spaces  here", "🚀 é ñ ✅ 🦙", "tab\tnewline\n\n", "I've 123,456",
        })
        {
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
        }
    }

    [SharedDataFact("gguf-vocab")]
    public void TokenText_HoldsACharacterBackUntilItIsWhole()
    {
        Tokenizer tokenizer = Open("gpt-2");
        TokenText text = tokenizer.CreateText();
        int[] ids = tokenizer.Encode("🦙");
        Assert.True(ids.Length > 1);
        var pieces = ids.Select(text.Append).ToList();
        Assert.All(pieces.Take(pieces.Count - 1), p => Assert.Equal("", p));
        Assert.Equal("🦙", pieces[^1]);
        Assert.Equal("", text.End());
        text.Append(ids[0]);
        Assert.Equal("\uFFFD", text.End());
    }

    [SharedDataFact(LlamaData.Needs)]
    public void Llama2cTokenizer_AgreesWithTheGgufOfTheSameModel()
    {
        using LanguageModel model = LlamaData.Stories();
        Tokenizer file = Tokenizer.OpenLlama2c(SharedData.PathOf("llama", "tok512.bin"));
        Assert.Equal(model.Tokenizer!.Count, file.Count);
        foreach (string text in new[]
        {
            "", "Once upon a time, there was a little girl named Lily.", "  ä 🦙\n", "Max's dog",
        })
        {
            Assert.Equal(model.Tokenizer.EncodePrompt(text), file.EncodePrompt(text));
            Assert.Equal(text, file.Decode(file.EncodePrompt(text)));
        }
    }

    [SharedDataFact("llama/golden/upstream_expected.json")]
    public void SentencePiece_AgreesWithLlama2cOnItsOwnCases()
    {
        // tokenizer.bin of 32,000 words is the vocabulary of llama-spm.
        Tokenizer tokenizer = Open("llama-spm");
        using var json = JsonDocument.Parse(File.ReadAllBytes(
            SharedData.PathOf("llama", "golden", "upstream_expected.json")));
        foreach (JsonElement one in json.RootElement.GetProperty("tokenizer_bin_32000")
            .EnumerateArray())
        {
            int[] expected = one.GetProperty("expected_tokens").EnumerateArray()
                .Select(t => t.GetInt32()).ToArray();
            Assert.Equal(expected, tokenizer.EncodePrompt(one.GetProperty("prompt").GetString()!));
        }
    }

    [SharedDataFact(LlamaData.Needs)]
    public void ControlTokens_AreNotReachableFromText()
    {
        using LanguageModel model = LlamaData.Stories();
        Assert.DoesNotContain(1, model.Tokenizer!.Encode("<s>"));
        Assert.DoesNotContain(2, model.Tokenizer.Encode("</s>"));
    }

    [SharedDataFact("llama/tok512.bin")]
    public void Llama2cTokenizer_CutOffAnywhere_IsRefusedOrShorter()
    {
        byte[] file = File.ReadAllBytes(SharedData.PathOf("llama", "tok512.bin"));
        for (int length = 0; length < file.Length; length += 7)
        {
            using var source = new MemorySource(file.AsMemory(0, length));
            try
            {
                Assert.True(VocabularyReader.FromLlama2c(source).Tokens.Length <= 512);
            }
            catch (ModelException e)
            {
                Assert.DoesNotContain('\n', e.Message);
            }
        }
    }

    [Fact]
    public void Gpt2Words_SplitAsThePattern()
    {
        string text = "I've  'told 42 you're\n\n  !? \u00A0x ";
        var words = new List<string>();
        foreach ((int start, int length) in Gpt2Words.Split(text))
        {
            words.Add(text.Substring(start, length));
        }

        string[] expected =
        [
            "I", "'ve", " ", " '", "told", " 42", " you", "'re", "\n\n ", " !?", " ", "\u00A0",
            "x", " ",
        ];
        Assert.Equal(expected, words);
        Assert.Equal(text, new StringBuilder().AppendJoin("", words).ToString());
    }

    private static Tokenizer Open(string name)
    {
        using var source = new MemorySource(File.ReadAllBytes(
            SharedData.PathOf("gguf-vocab", $"ggml-vocab-{name}.gguf")));
        return Tokenizers.Of(GgufVocabulary.Read(GgufReader.Read(source)))!;
    }
}
