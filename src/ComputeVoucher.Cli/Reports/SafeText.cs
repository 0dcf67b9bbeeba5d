using System.Globalization;
using System.Text;

namespace ComputeVoucher.Cli;

/// <summary>Text of strangers on its way to a terminal or into one line. A terminal takes control
/// characters for orders (title, clipboard, cursor), and format characters turn what is read
/// around; a node chooses the tokens of its answer and the words of its refusals.</summary>
internal static class SafeText
{
    /// <summary>U+200C and U+200D join letters of honest scripts and emoji, and turn nothing
    /// around.</summary>
    private const int NonJoiner = 0x200C;

    private const int Joiner = 0x200D;

    /// <summary>For a terminal: all but tab and line feed is shown as its number, \x1b.</summary>
    public static string Escape(string text)
    {
        StringBuilder safe = new(text.Length);
        foreach (Rune one in text.EnumerateRunes())
        {
            if (one.Value is '\t' or '\n' || !IsHarmful(one))
            {
                safe.Append(one);
                continue;
            }

            string form = one.Value <= 0xFF ? @"\x{0:x2}"
                : one.IsBmp ? @"\u{0:x4}" : @"\U{0:x8}";
            safe.AppendFormat(CultureInfo.InvariantCulture, form, one.Value);
        }

        return safe.ToString();
    }

    /// <summary>For one line of at most so many characters: what is harmful becomes a space.
    /// </summary>
    public static string OneLine(string text, int charsMax)
    {
        StringBuilder line = new();
        foreach (Rune one in text.EnumerateRunes())
        {
            if (line.Length >= charsMax)
            {
                line.Append('…');
                break;
            }

            line.Append(IsHarmful(one) ? new Rune(' ') : one);
        }

        return line.ToString();
    }

    /// <summary>C0, DEL, C1, format characters, line and paragraph separators.</summary>
    private static bool IsHarmful(Rune one) => one.Value is not (NonJoiner or Joiner)
        && Rune.GetUnicodeCategory(one) is (UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
