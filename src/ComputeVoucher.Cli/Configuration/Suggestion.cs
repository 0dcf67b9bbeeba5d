using System;
using System.Collections.Generic;

namespace ComputeVoucher.Cli;

/// <summary>The known word nearest to a mistyped one.</summary>
internal static class Suggestion
{
    /// <summary>More edits than one for so many letters make a guess, and a wrong guess is worse
    /// than none. Rounded up, since two letters that changed places are two edits.</summary>
    private const int LettersPerEdit = 3;

    /// <summary>Names from outside are compared up to this length.</summary>
    private const int NameCharsMax = 100;

    public static string? Nearest(string word, IEnumerable<string> known)
    {
        string? best = null;
        int length = Math.Min(word.Length, NameCharsMax);
        int bestEdits = ((length + LettersPerEdit - 1) / LettersPerEdit) + 1;
        foreach (string candidate in known)
        {
            int edits = Edits(word, candidate);
            if (edits < bestEdits)
            {
                (best, bestEdits) = (candidate, edits);
            }
        }

        return best;
    }

    /// <summary>Levenshtein's distance, letters of either case being equal.</summary>
    internal static int Edits(string left, string right)
    {
        string a = left[..Math.Min(left.Length, NameCharsMax)].ToUpperInvariant();
        string b = right.ToUpperInvariant();
        int[] row = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
