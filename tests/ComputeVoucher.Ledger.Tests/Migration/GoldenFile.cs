using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Ledger.Tests;

/// <summary>
/// What the last program of schema 1 wrote when it lived <see cref="GoldenLife"/> and put two
/// entries into its outbox: its schema, rows, digests and state row, a line each.
/// </summary>
internal static class GoldenFile
{
    private static readonly string[] s_lines = File.ReadAllLines(
        Path.Combine(AppContext.BaseDirectory, "Migration", "schema1.txt"));

    public static IEnumerable<string> Schema =>
        s_lines.Where(l => l.StartsWith("sql ", StringComparison.Ordinal)).Select(l => l[4..]);

    /// <summary>Count and sum of each table, without the number of the commit.</summary>
    public static byte[] Sums => Hex(s_lines[^1].Split(' ')[1])[8..];

    public static IEnumerable<string> RowLines =>
        s_lines.SkipWhile(l => l.StartsWith("sql ", StringComparison.Ordinal)).SkipLast(1);

    /// <summary>The rows, with digests of the test's own writer.</summary>
    public static List<SchemaOneRow> Rows =>
    [
        .. RowLines.Select(l => l.Split(' ')).Select(
            f => new SchemaOneRow(f[0], Hex(f[1]), Hex(f[2]), Hex(f[3]))),
    ];

    private static byte[] Hex(string text) =>
        text == "-" ? [] : Convert.FromHexString(text);
}
