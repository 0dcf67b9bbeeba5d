using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace ComputeVoucher.TestKit;

/// <summary>The tables and the example of PROTOCOL.md, which tests compare with the code.
/// </summary>
public static class ProtocolPage
{
    /// <summary>Columns before the hex of a row of the example.</summary>
    private const int LabelColumns = 20;

    private static readonly string[] s_lines =
        File.ReadAllLines(Path.Combine(SharedData.RepositoryRoot, "PROTOCOL.md"));

    public static IReadOnlyList<string> Lines => s_lines;

    /// <summary>Rows of the one table whose header is this, each as its cells.</summary>
    public static string[][] Rows(string header)
    {
        int at = Array.IndexOf(s_lines, header);
        return at >= 0 && at == Array.LastIndexOf(s_lines, header)
            ? [.. s_lines.Skip(at + 2)
                .TakeWhile(line => line.StartsWith('|'))
                .Select(line => line.Trim('|').Split('|').Select(cell => cell.Trim()).ToArray())]
            : throw new InvalidOperationException($"PROTOCOL.md: not one table {header}");
    }

    /// <summary>The bytes of the last code block, by name; a name stands before its first line.
    /// </summary>
    public static Dictionary<string, byte[]> Example()
    {
        Dictionary<string, string> rows = [];
        string name = "";
        int end = Array.LastIndexOf(s_lines, "```");
        int begin = Array.LastIndexOf(s_lines, "```", end - 1);
        foreach (string line in s_lines[(begin + 1)..end])
        {
            string label = line[..LabelColumns].Trim();
            name = label.Length > 0 ? label : name;
            rows[name] = rows.GetValueOrDefault(name, "") + line[LabelColumns..];
        }

        return rows.ToDictionary(row => row.Key, row => Convert.FromHexString(row.Value));
    }
}
