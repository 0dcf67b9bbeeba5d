using System;
using System.Collections.Generic;

namespace ComputeVoucher.Node;

/// <summary>Says of a line that may be said at every look whether it is news. Figures do not count:
/// an age that grows every second is one problem, and not a line of the log a second.</summary>
/// <remarks>Not safe for several threads.</remarks>
/// <param name="time">Clock of the repetitions.</param>
internal sealed class OnceTold(TimeProvider time)
{
    /// <summary>Lines that are remembered; there are no more kinds of them by far.</summary>
    private const int LinesMax = 64;

    /// <summary>What lasts is told so often, with its figures of then: 144 lines a day.</summary>
    private static readonly TimeSpan s_lastingAgain = TimeSpan.FromMinutes(10);

    /// <summary>What comes and goes, or takes turns with something else, is told so often.
    /// </summary>
    private static readonly TimeSpan s_comingAgain = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, long> _toldAt = [];
    private string? _words;
    private bool _isOpen;

    /// <summary>Whether it is to be told now; null, where nothing is wrong, when the last that was
    /// told is something wrong.</summary>
    public bool IsNews(string? line)
    {
        if (line is null)
        {
            bool wasOpen = _isOpen;
            (_words, _isOpen) = (null, false);
            return wasOpen;
        }

        string words = WordsOf(line);
        TimeSpan again = words == _words ? s_lastingAgain : s_comingAgain;
        _words = words;
        if (_toldAt.TryGetValue(words, out long at) && time.GetElapsedTime(at) < again)
        {
            return false;
        }

        if (_toldAt.Count >= LinesMax)
        {
            _toldAt.Clear();
        }

        _toldAt[words] = time.GetTimestamp();
        _isOpen = true;
        return true;
    }

    private static string WordsOf(string line) =>
        string.Concat(Array.FindAll(line.ToCharArray(), c => !char.IsAsciiDigit(c)));
}
