using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;

namespace ComputeVoucher.Models.Tales;

/// <summary>
/// Byte-level byte pair encoding as GPT-2 defines it (Sennrich 2016, Radford 2019): words are cut
/// by one
/// pattern, bytes are written as printable characters, the commonest pair is merged first.
/// </summary>
internal sealed partial class BytePairEncoding
{
    /// <summary>The token that stands before and after every text; its id is the last
    /// one.</summary>
    public const string EndOfText = "<|endoftext|>";

    private readonly Dictionary<string, int> _ids = [];
    private readonly Dictionary<(string Left, string Right), int> _ranks = [];
    private readonly Dictionary<string, int[]> _words = [];

    private BytePairEncoding(List<(string Left, string Right)> merges)
    {
        Merges = merges;
        List<string> tokens =
            [.. Enumerable.Range(0, 256).Select(b => ByteCharacter(b).ToString())];
        foreach ((string left, string right) in merges)
        {
            _ranks.Add((left, right), _ranks.Count);
            tokens.Add(left + right);
        }

        tokens.Add(EndOfText);
        Tokens = tokens;
        for (int id = 0; id < tokens.Count; id++)
        {
            _ids[tokens[id]] = id;
        }
    }

    public IReadOnlyList<string> Tokens { get; }

    public IReadOnlyList<(string Left, string Right)> Merges { get; }

    public int EndOfTextId => Tokens.Count - 1;

    /// <summary>Learns merges until there are <paramref name="vocabulary"/> tokens.</summary>
    public static BytePairEncoding Train(IEnumerable<string> texts, int vocabulary)
    {
        Dictionary<string, int> counts = [];
        foreach (Match word in texts.SelectMany(t => Word().Matches(t)))
        {
            counts[word.Value] = counts.GetValueOrDefault(word.Value) + 1;
        }

        List<(List<string> Parts, int Count)> words =
        [
            .. counts.OrderBy(c => c.Key, StringComparer.Ordinal)
                .Select(c => (Split(c.Key), c.Value)),
        ];
        List<(string Left, string Right)> merges = [];
        while (merges.Count < vocabulary - 257)
        {
            (string Left, string Right)? best = CommonestPair(words);
            if (best is null)
            {
                break;
            }

            merges.Add(best.Value);
            foreach ((List<string> parts, int _) in words)
            {
                Merge(parts, best.Value);
            }
        }

        return new BytePairEncoding(merges);
    }

    public List<int> Encode(string text)
    {
        List<int> ids = [];
        foreach (Match word in Word().Matches(text))
        {
            if (!_words.TryGetValue(word.Value, out int[]? known))
            {
                _words[word.Value] = known = [.. EncodeWord(word.Value)];
            }

            ids.AddRange(known);
        }

        return ids;
    }

    private IEnumerable<int> EncodeWord(string word)
    {
        List<string> parts = Split(word);
        while (true)
        {
            int best = int.MaxValue;
            (string, string) pair = default;
            for (int i = 0; i + 1 < parts.Count; i++)
            {
                if (_ranks.TryGetValue((parts[i], parts[i + 1]), out int rank) && rank < best)
                {
                    best = rank;
                    pair = (parts[i], parts[i + 1]);
                }
            }

            if (best == int.MaxValue)
            {
                return parts.Select(p => _ids[p]);
            }

            Merge(parts, pair);
        }
    }

    private static (string Left, string Right)? CommonestPair(
        List<(List<string> Parts, int Count)> words)
    {
        Dictionary<(string, string), int> pairs = [];
        foreach ((List<string> parts, int count) in words)
        {
            for (int i = 0; i + 1 < parts.Count; i++)
            {
                (string, string) pair = (parts[i], parts[i + 1]);
                pairs[pair] = pairs.GetValueOrDefault(pair) + count;
            }
        }

        return pairs.Count == 0
            ? null
            : pairs.OrderByDescending(p => p.Value)
                .ThenBy(p => p.Key.Item1 + " " + p.Key.Item2, StringComparer.Ordinal).First().Key;
    }

    private static void Merge(List<string> parts, (string Left, string Right) pair)
    {
        for (int i = 0; i + 1 < parts.Count; i++)
        {
            if (parts[i] == pair.Left && parts[i + 1] == pair.Right)
            {
                parts[i] = pair.Left + pair.Right;
                parts.RemoveAt(i + 1);
            }
        }
    }

    private static List<string> Split(string word) =>
        [.. Encoding.UTF8.GetBytes(word).Select(b => ByteCharacter(b).ToString())];

    /// <summary>GPT-2's byte to character table: printable Latin-1 stays, the rest moves to 256 and
    /// up.</summary>
    private static char ByteCharacter(int value)
    {
        if (IsPrintable(value))
        {
            return (char)value;
        }

        int moved = 256;
        for (int b = 0; b < value; b++)
        {
            moved += IsPrintable(b) ? 0 : 1;
        }

        return (char)moved;
    }

    private static bool IsPrintable(int value) =>
        value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);

    [GeneratedRegex(
        @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    private static partial Regex Word();
}
