namespace ComputeVoucher.Execution.Language;

/// <summary>What a piece of a vocabulary is (llama.h, enum llama_token_type).</summary>
internal enum PieceKind : byte
{
    Undefined = 0,
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

/// <summary>Which algorithm a vocabulary is for.</summary>
internal enum VocabularyKind : byte
{
    /// <summary>SentencePiece BPE: merges by score, unknown characters as byte pieces.</summary>
    SentencePiece = 1,

    /// <summary>GPT-2: bytes as printable characters, merges by rank within regex words.</summary>
    BytePair = 2,
}

/// <summary>A vocabulary as a model file carries it; lengths agree, ids are in range.</summary>
internal sealed record Vocabulary
{
    /// <summary>A piece is a word or less; the longest in use have some hundred bytes.</summary>
    public const int TokenBytesMax = 1024;

    public required VocabularyKind Kind { get; init; }

    public required string[] Tokens { get; init; }

    public required PieceKind[] Kinds { get; init; }

    /// <summary>Per token, for SentencePiece.</summary>
    public float[] Scores { get; init; } = [];

    /// <summary>"left right", best first, for byte pairs.</summary>
    public string[] Merges { get; init; } = [];

    public int? Begin { get; init; }

    public int? End { get; init; }

    public bool AddsBegin { get; init; }

    /// <summary>SentencePiece: a text starts with a space that it does not have.</summary>
    public bool AddsSpace { get; init; }
}

/// <summary>The tokenizer that a vocabulary is for.</summary>
internal static class Tokenizers
{
    public static Tokenizer? Of(Vocabulary? vocabulary) => vocabulary?.Kind switch
    {
        VocabularyKind.SentencePiece => new SentencePieceTokenizer(vocabulary),
        VocabularyKind.BytePair => new BytePairTokenizer(vocabulary),
        _ => null,
    };
}
