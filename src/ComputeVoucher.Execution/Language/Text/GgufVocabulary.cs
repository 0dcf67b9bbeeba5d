using System;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// The vocabulary of a GGUF file, from its keys <c>tokenizer.ggml.*</c>, with the defaults of
/// llama.cpp. A key that is not here may change how texts are cut and is refused by name.
/// </summary>
internal static class GgufVocabulary
{
    private const string Prefix = "tokenizer.ggml.";

    /// <summary>Begin and end token of SentencePiece where a file names none (llama.cpp).</summary>
    private const int BeginDefault = 1, EndDefault = 2;

    /// <summary>Begin and end token of byte pairs where a file names none: the "end of text" of
    /// llama.cpp, one for both.</summary>
    private const int TextEndDefault = 11;

    /// <summary>Whether an array of the header is one that is read here.</summary>
    public static bool IsArrayRead(string key) => key is
        Prefix + "tokens" or Prefix + "token_type" or Prefix + "scores" or Prefix + "merges";

    /// <summary>Words that a file has; null where it holds no vocabulary.</summary>
    public static int? Words(GgufFile file) => file.Array<string>(Prefix + "tokens")?.Length;

    /// <summary>
    /// The vocabulary, or null where there is none that is supported: the model still serves, its
    /// clients must know how to tokenize.
    /// </summary>
    /// <exception cref="ModelException">
    /// One of a supported kind that is not whole, or says what is not applied.
    /// </exception>
    public static Vocabulary? Read(GgufFile file)
    {
        string[]? tokens = file.Array<string>(Prefix + "tokens");
        string model = file.Text(Prefix + "model") ?? "none";
        bool bytePair = model == "gpt2" && file.Text(Prefix + "pre") is "gpt-2" or "gpt2";
        if (tokens is null || (model != "llama" && !bytePair))
        {
            return null;
        }

        int begin = IdOr(
            file, "bos_token_id", tokens.Length, bytePair ? TextEndDefault : BeginDefault);
        int end = IdOr(file, "eos_token_id", tokens.Length, bytePair ? TextEndDefault : EndDefault);
        CheckKeys(file, end);
        var vocabulary = new Vocabulary
        {
            Kind = bytePair ? VocabularyKind.BytePair : VocabularyKind.SentencePiece,
            Tokens = tokens,
            Kinds = Array.ConvertAll(
                Whole<int>(file, "token_type", tokens.Length), kind => KindOf(file, kind)),
            Scores = bytePair ? [] : Whole<float>(file, "scores", tokens.Length),
            Merges = bytePair ? Whole<string>(file, "merges") : [],
            Begin = begin,
            End = end,
            AddsBegin = file.Flag(Prefix + "add_bos_token") ?? !bytePair,
            AddsSpace = file.Flag(Prefix + "add_space_prefix") ?? !bytePair,
        };
        return vocabulary.Tokens.Length <= LlamaShape.VocabMax
            ? vocabulary
            : throw file.Source.Refuse($"has {vocabulary.Tokens.Length} words, supported are " +
                $"up to {LlamaShape.VocabMax}");
    }

    private static void CheckKeys(GgufFile file, int? end)
    {
        foreach (string key in file.Values.Keys)
        {
            if (key.StartsWith(Prefix, StringComparison.Ordinal))
            {
                CheckKey(file, key, end);
            }
        }
    }

    private static void CheckKey(GgufFile file, string key, int? end)
    {
        switch (key[Prefix.Length..])
        {
            // Read into the vocabulary.
            case "model" or "pre" or "tokens" or "token_type" or "scores" or "merges":
            case "bos_token_id" or "eos_token_id" or "add_bos_token" or "add_space_prefix":
                break;

            // Ids of pieces that no prompt gets and no answer ends with.
            case "unknown_token_id" or "seperator_token_id" or "padding_token_id":
            case "cls_token_id" or "mask_token_id" or "prefix_token_id" or "suffix_token_id":
            case "middle_token_id" or "fim_pre_token_id" or "fim_suf_token_id":
            case "fim_mid_token_id" or "fim_pad_token_id" or "fim_rep_token_id":
            case "fim_sep_token_id" or "token_type_count" or "added_tokens":
                break;

            // A second end of an answer: the node stops at the first kind only.
            case "eot_token_id" or "eom_token_id":
                Require(file, key, file.Number(key) == (uint?)end, "the end token");
                break;

            // Changes what a prompt is.
            case "add_eos_token" or "add_sep_token" or "remove_extra_whitespaces":
                Require(file, key, file.Flag(key) == false, "false");
                break;
            default:
                throw file.Source.Refuse($"has the key '{GgufFile.Printable(key)}', which is not " +
                    "supported; without it texts would be cut otherwise");
        }
    }

    private static void Require(GgufFile file, string key, bool holds, string wanted)
    {
        if (!holds)
        {
            throw file.Source.Refuse($"says {key} = " + string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"{file.Values[key].Content}, supported is {wanted}"));
        }
    }

    private static int? Id(GgufFile file, string key, int words) => file.Number(Prefix + key) switch
    {
        null => null,
        { } id when id < (uint)words => (int)id,
        { } id => throw file.Source.Refuse(
            $"says {Prefix}{key} = {id}, it has {words} words; export it again"),
    };

    /// <summary>As the file says, else the default, which must be one of its words.</summary>
    private static int IdOr(GgufFile file, string key, int words, int otherwise) =>
        Id(file, key, words) ?? (otherwise < words
            ? otherwise
            : throw file.Source.Refuse($"names no {Prefix}{key}, and the default of llama.cpp, " +
                $"{otherwise}, is none of its {words} words; export it again"));

    private static T[] Whole<T>(GgufFile file, string key, int? count = null) =>
        file.Array<T>(Prefix + key) is { } array && array.Length == (count ?? array.Length)
            ? array
            : throw file.Source.Refuse(
                $"has no {Prefix}{key}, or not one for each word; export it again");

    private static PieceKind KindOf(GgufFile file, int kind) =>
        kind is >= (int)PieceKind.Normal and <= (int)PieceKind.Byte
            ? (PieceKind)kind
            : throw file.Source.Refuse($"has a word of kind {kind}, kinds are 1 to 6");
}
