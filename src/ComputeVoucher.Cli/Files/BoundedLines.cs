using System.Diagnostics.CodeAnalysis;
using System.IO;
using System.Text;

namespace ComputeVoucher.Cli;

/// <summary>Lines of a text from outside; one without an end stops at the bound.</summary>
internal sealed class BoundedLines(TextReader reader, int charsMax)
{
    private readonly StringBuilder _line = new();
    private int _number;

    /// <summary>The next line without its end; false behind the last.</summary>
    /// <exception cref="CommandException">Longer than the bound.</exception>
    public bool TryRead(string path, [NotNullWhen(true)] out string? line)
    {
        _number++;
        _line.Clear();
        int next;
        while ((next = reader.Read()) is not (-1 or '\n'))
        {
            if (_line.Length == charsMax)
            {
                throw new CommandException($"{path}:{_number}: a line of more than {charsMax} "
                    + "characters (is this the right file?)");
            }

            _line.Append((char)next);
        }

        bool ended = next == -1 && _line.Length == 0;
        line = ended ? null : _line.ToString().TrimEnd('\r');
        return !ended;
    }
}
