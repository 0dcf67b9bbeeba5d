using System;
using System.Collections.Generic;
using System.Text;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// SentencePiece BPE as llama.cpp runs it (llama-vocab.cpp, llm_tokenizer_spm): spaces become
/// U+2581, one in front; characters are merged by the score of the joined piece; a character that
/// is no piece becomes byte pieces.
/// </summary>
internal sealed class SentencePieceTokenizer : Tokenizer
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _ids;
    private readonly int[] _bytes = new int[256];
    private readonly int _unknown;
    private readonly byte[][] _text;

    public SentencePieceTokenizer(Vocabulary vocabulary) : base(vocabulary)
    {
        var ids = new Dictionary<string, int>(vocabulary.Tokens.Length, StringComparer.Ordinal);
        Array.Fill(_bytes, -1);
        _text = new byte[vocabulary.Tokens.Length][];
        for (int id = 0; id < vocabulary.Tokens.Length; id++)
        {
            string piece = vocabulary.Tokens[id];
            PieceKind kind = vocabulary.Kinds[id];
            _text[id] = [];
            if (kind == PieceKind.Byte && VocabularyReader.TryByte(piece, out byte value))
            {
                _bytes[value] = id;
                _text[id] = [value];
            }
            else if (kind is PieceKind.Normal or PieceKind.UserDefined or PieceKind.Unused)
            {
                ids.TryAdd(piece, id);
                _text[id] = Encoding.UTF8.GetBytes(piece.Replace(VocabularyReader.Space, ' '));
            }
            else if (kind == PieceKind.Unknown)
            {
                _unknown = id;
                _text[id] = Encoding.UTF8.GetBytes(" \u2047 ");
            }
        }

        _ids = ids.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    private protected override bool StripsFirstSpace => Vocabulary.AddsSpace;

    public override int[] Encode(string text)
    {
        if (text.Length == 0)
        {
            return [];
        }

        string escaped = (Vocabulary.AddsSpace ? " " + text : text)
            .Replace(' ', VocabularyReader.Space);
        var starts = new List<int>();
        for (int i = 0; i < escaped.Length; i++)
        {
            starts.Add(i);
            if (char.IsHighSurrogate(escaped[i]) && i + 1 < escaped.Length &&
                char.IsLowSurrogate(escaped[i + 1]))
            {
                i++;
            }
        }

        var ids = new List<int>();
        foreach ((int start, int length) in new Merger(Rank).Merge(escaped, starts))
        {
            ReadOnlySpan<char> symbol = escaped.AsSpan(start, length);
            if (_ids.TryGetValue(symbol, out int id))
            {
                ids.Add(id);
            }
            else
            {
                AddBytes(symbol, ids);
            }
        }

        return [.. ids];
    }

    internal override byte[] BytesOf(int id) => _text[id];

    private double? Rank(string text, int start, int middle, int end) =>
        _ids.TryGetValue(text.AsSpan(start, end - start), out int id)
            ? -(double)Vocabulary.Scores[id]
            : null;

    private void AddBytes(ReadOnlySpan<char> symbol, List<int> ids)
    {
        Span<byte> utf8 = stackalloc byte[8];
        int count = Encoding.UTF8.GetBytes(symbol, utf8);
        foreach (byte b in utf8[..count])
        {
            ids.Add(_bytes[b] >= 0 ? _bytes[b] : _unknown);
        }
    }
}
