using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// The word pattern of GPT-2's encoder.py, by hand:
/// <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>
/// </summary>
internal static class Gpt2Words
{
    private static readonly string[] s_contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

    private enum Class
    {
        End,
        Space,
        Letter,
        Number,
        Other,
    }

    /// <summary>Start and length of every word; together they are the text.</summary>
    public static IEnumerable<(int Start, int Length)> Split(string text)
    {
        for (int at = 0; at < text.Length;)
        {
            int length = WordAt(text, at);
            yield return (at, length);
            at += length;
        }
    }

    private static int WordAt(string text, int at)
    {
        foreach (string contraction in s_contractions)
        {
            if (string.CompareOrdinal(text, at, contraction, 0, contraction.Length) == 0)
            {
                return contraction.Length;
            }
        }

        // " ?": one space may lead a run of any class but space.
        int from = text[at] == ' ' ? at + 1 : at;
        Class first = ClassAt(text, from, out _);
        if (first is not (Class.End or Class.Space))
        {
            return Run(text, from, first) - at;
        }

        // Spaces: all of them at the end of the text, else all but the last, which leads a word.
        int end = Run(text, at, Class.Space);
        return end < text.Length && end - at > 1 ? end - at - 1 : end - at;
    }

    private static int Run(string text, int at, Class wanted)
    {
        while (ClassAt(text, at, out int length) == wanted)
        {
            at += length;
        }

        return at;
    }

    private static Class ClassAt(string text, int at, out int length)
    {
        length = 0;
        if (at >= text.Length)
        {
            return Class.End;
        }

        // A lone surrogate is no character; it counts as U+FFFD, which is neither.
        Rune.DecodeFromUtf16(text.AsSpan(at), out Rune rune, out length);
        if (Rune.IsWhiteSpace(rune))
        {
            return Class.Space;
        }

        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or
            UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter or
            UnicodeCategory.OtherLetter => Class.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or
            UnicodeCategory.OtherNumber => Class.Number,
            _ => Class.Other,
        };
    }
}
