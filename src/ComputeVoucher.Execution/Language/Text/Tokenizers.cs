namespace ComputeVoucher.Execution.Language;

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
