using System;
using System.IO;
using ComputeVoucher.Execution.Language;

namespace ComputeVoucher.Execution;

/// <summary>Text ↔ ids, as the model's own vocabulary has it. Immutable, thread safe.</summary>
public abstract class Tokenizer
{
    private protected Tokenizer(Vocabulary vocabulary) => Vocabulary = vocabulary;

    /// <summary>Words; ids run from 0 below it.</summary>
    public int Count => Vocabulary.Tokens.Length;

    /// <summary>Begins a text, or null.</summary>
    public int? BeginToken => Vocabulary.Begin;

    /// <summary>Ends a text, or null.</summary>
    public int? EndToken => Vocabulary.End;

    /// <summary>Whether the model expects <see cref="BeginToken"/> in front of a prompt.</summary>
    public bool AddsBegin => Vocabulary.AddsBegin;

    internal Vocabulary Vocabulary { get; }

    /// <summary>
    /// Reads a llama2.c tokenizer (tokenizer.bin, tok512.bin): u32 longest token, then per word
    /// float32 score, u32 length, bytes. SentencePiece BPE with ids 1 and 2 for begin and end.
    /// </summary>
    /// <exception cref="ModelException">Missing, or not such a file.</exception>
    public static Tokenizer OpenLlama2c(string path)
    {
        try
        {
            using FileSource source = FileSource.Open(path);
            return new SentencePieceTokenizer(VocabularyReader.FromLlama2c(source));
        }
        catch (ModelException e)
        {
            throw new ModelException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>
    /// The tokenizer of a model file, or of a GGUF file that holds a vocabulary and no weights.
    /// </summary>
    /// <exception cref="ModelException">Missing, damaged, or without a tokenizer.</exception>
    public static Tokenizer Open(string path)
    {
        try
        {
            using FileSource source = FileSource.Open(path);
            Span<byte> start = stackalloc byte[(int)Math.Min(4, source.Length)];
            source.Read(0, start);
            if (GgufReader.Looks(start))
            {
                return Tokenizers.Of(GgufVocabulary.Read(GgufReader.Read(source)))
                    ?? throw new ModelException("no tokenizer of a known kind in the file");
            }
        }
        catch (ModelException e)
        {
            throw new ModelException($"{path}: {e.Message}", e);
        }

        using LanguageModel model = LanguageModel.Open(path);
        return model.Tokenizer
            ?? throw new ModelException($"{path}: no tokenizer in the file or beside it");
    }

    /// <summary>
    /// Ids of a text; no begin or end token, no control token whatever the text is.
    /// </summary>
    public abstract int[] Encode(string text);

    /// <summary>Ids of a prompt: with the begin token where the model expects it.</summary>
    public int[] EncodePrompt(string text)
    {
        int[] ids = Encode(text);
        return AddsBegin && BeginToken is int begin ? [begin, .. ids] : ids;
    }

    /// <summary>Text of ids; control tokens have none.</summary>
    public string Decode(ReadOnlySpan<int> ids)
    {
        TokenText text = CreateText();
        using var writer = new StringWriter();
        foreach (int id in ids)
        {
            writer.Write(text.Append(id));
        }

        writer.Write(text.End());
        return writer.ToString();
    }

    /// <summary>A decoder for ids that arrive one by one.</summary>
    public TokenText CreateText() => new(this, StripsFirstSpace);

    /// <summary>UTF-8 bytes that an id stands for; parts of a character are possible.</summary>
    internal abstract byte[] BytesOf(int id);

    /// <summary>Whether the encoder put a space in front that the text has not.</summary>
    private protected abstract bool StripsFirstSpace { get; }
}
