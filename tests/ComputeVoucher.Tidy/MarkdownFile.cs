using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace ComputeVoucher.Tidy;

/// <summary>One Markdown file, line by line, with what stands between code fences marked.</summary>
internal sealed class MarkdownFile
{
    private MarkdownFile(string path, string text)
    {
        Path = path;
        bool code = false;
        foreach (string line in text.TrimEnd('\n').Split('\n'))
        {
            bool fence = line.TrimStart().StartsWith("```", StringComparison.Ordinal);
            Lines.Add(new MarkdownLine(Lines.Count + 1, line, code || fence));
            code ^= fence;
        }
    }

    public static IEnumerable<MarkdownFile> All =>
        Repository.Files(".md").Select(p => Parse(p, Repository.Read(p)));

    public string Path { get; }

    public List<MarkdownLine> Lines { get; } = [];

    /// <summary>Runs of rows that follow each other: each is, or wants to be, a table.</summary>
    public IEnumerable<List<MarkdownLine>> Tables
    {
        get
        {
            List<MarkdownLine> run = [];
            foreach (MarkdownLine line in Lines)
            {
                if (line.IsRow)
                {
                    run.Add(line);
                }
                else if (run.Count > 0)
                {
                    yield return run;
                    run = [];
                }
            }

            if (run.Count > 0)
            {
                yield return run;
            }
        }
    }

    public static MarkdownFile Parse(string path, string text) => new(path, text);

    /// <summary>The rows below a table's header, where one begins with these headings.</summary>
    public IEnumerable<string[]> Rows(params string[] headings) =>
        Tables.Where(t => t[0].Cells.Take(headings.Length).SequenceEqual(headings))
            .SelectMany(t => t.Skip(2)).Select(r => r.Cells);

    public string At(MarkdownLine line) => $"{Path}:{line.Number}";
}

/// <summary>One line: its number from 1, and whether it is code between fences.</summary>
internal sealed partial record MarkdownLine(int Number, string Text, bool IsCode)
{
    public bool IsRow => !IsCode && Text.StartsWith('|');

    /// <summary>What stands between the bars of a row; a bar after a backslash is text.</summary>
    public string[] Cells =>
        [.. Bar().Split(Text.Trim()[1..]).SkipLast(1).Select(c => c.Trim())];

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex Bar();
}
