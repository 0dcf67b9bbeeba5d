using System;
using System.Collections.Generic;
using System.Text;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// GPT-2 byte-level BPE: the text is cut into words by the pattern of gpt-2's encoder.py, the
/// UTF-8 bytes of a word are written as printable characters, and these are merged by rank.
/// </summary>
internal sealed class BytePairTokenizer : Tokenizer
{
    private static readonly char[] s_charOfByte = CharOfByte();
    private static readonly Dictionary<char, byte> s_byteOfChar = ByteOfChar();

    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _ranks;

    public BytePairTokenizer(Vocabulary vocabulary) : base(vocabulary)
    {
        var ids = new Dictionary<string, int>(vocabulary.Tokens.Length, StringComparer.Ordinal);
        for (int id = 0; id < vocabulary.Tokens.Length; id++)
        {
            if (vocabulary.Kinds[id] is not (PieceKind.Control or PieceKind.Unknown))
            {
                ids.TryAdd(vocabulary.Tokens[id], id);
            }
        }

        var ranks = new Dictionary<string, int>(vocabulary.Merges.Length, StringComparer.Ordinal);
        for (int rank = 0; rank < vocabulary.Merges.Length; rank++)
        {
            ranks.TryAdd(vocabulary.Merges[rank], rank);
        }

        _ids = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        _ranks = ranks.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    private protected override bool StripsFirstSpace => false;

    public override int[] Encode(string text)
    {
        var ids = new List<int>();
        var starts = new List<int>();
        var merger = new Merger(Rank);
        foreach ((int start, int length) in Gpt2Words.Split(text))
        {
            string word = Printable(text.AsSpan(start, length));
            starts.Clear();
            for (int i = 0; i < word.Length; i++)
            {
                starts.Add(i);
            }

            foreach ((int from, int size) in merger.Merge(word, starts))
            {
                AddSymbol(word.AsSpan(from, size), ids);
            }
        }

        return [.. ids];
    }

    internal override byte[] BytesOf(int id)
    {
        if (Vocabulary.Kinds[id] == PieceKind.Control)
        {
            return [];
        }

        string token = Vocabulary.Tokens[id];
        byte[] bytes = new byte[token.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            if (!s_byteOfChar.TryGetValue(token[i], out bytes[i]))
            {
                // An added token holds its text as it is.
                return Encoding.UTF8.GetBytes(token);
            }
        }

        return bytes;
    }

    private void AddSymbol(ReadOnlySpan<char> symbol, List<int> ids)
    {
        if (_ids.TryGetValue(symbol, out int id))
        {
            ids.Add(id);
            return;
        }

        // No such piece: its bytes, and none for bytes that the vocabulary lacks (as llama.cpp).
        foreach (char c in symbol)
        {
            if (_ids.TryGetValue([c], out id))
            {
                ids.Add(id);
            }
        }
    }

    private double? Rank(string text, int start, int middle, int end)
    {
        int length = end - start + 1;
        Span<char> pair = length < 256 ? stackalloc char[length] : new char[length];
        text.AsSpan(start, middle - start).CopyTo(pair);
        pair[middle - start] = ' ';
        text.AsSpan(middle, end - middle).CopyTo(pair[(middle - start + 1)..]);
        return _ranks.TryGetValue(pair, out int rank) ? rank : null;
    }

    private static string Printable(ReadOnlySpan<char> word)
    {
        byte[] utf8 = new byte[Encoding.UTF8.GetByteCount(word)];
        Encoding.UTF8.GetBytes(word, utf8);
        char[] chars = new char[utf8.Length];
        for (int i = 0; i < chars.Length; i++)
        {
            chars[i] = s_charOfByte[utf8[i]];
        }

        return new string(chars);
    }

    /// <summary>
    /// bytes_to_unicode of encoder.py: printable Latin-1 as is, the rest from U+0100.
    /// </summary>
    private static char[] CharOfByte()
    {
        char[] map = new char[256];
        int extra = 256;
        for (int b = 0; b < map.Length; b++)
        {
            bool printable = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE;
            map[b] = (char)(printable ? b : extra++);
        }

        return map;
    }

    private static Dictionary<char, byte> ByteOfChar()
    {
        var map = new Dictionary<char, byte>();
        for (int b = 0; b < s_charOfByte.Length; b++)
        {
            map.Add(s_charOfByte[b], (byte)b);
        }

        return map;
    }
}
