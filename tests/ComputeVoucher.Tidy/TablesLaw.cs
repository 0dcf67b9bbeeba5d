using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace ComputeVoucher.Tidy;

/// <summary>A row of a Markdown table stands below a header and its separator, and all rows are of
/// one width: a stray row is shown as text, and an empty line tears a table in two.</summary>
public sealed partial class TablesLaw
{
    [Fact]
    public void Tables_AreWhole() => Law.Holds(MarkdownFile.All, Torn);

    [Theory]
    [InlineData("text\n\n| stray | row |\n")]
    [InlineData("| a | b |\n| --- | --- |\n\n| torn | off |\n")]
    [InlineData("| a | b |\n| --- | --- |\n| 1 | 2 | 3 |\n")]
    [InlineData("| a | b |\n| --- | --- |\n| 1 | 2\n")]
    [InlineData("| a | b |\n| 1 | 2 |\n")]
    [InlineData("text\n| a | b |\n| --- | --- |\n| 1 | 2 |\n")]
    [InlineData("| a | b |\n| --- | --- |\n| 1 | 2 |\ntext\n")]
    public void ATornTable_IsCaught(string text) =>
        Assert.NotEmpty(Torn(MarkdownFile.Parse("a.md", text)));

    [Theory]
    [InlineData("| a | b |\n| --- | :-: |\n| 1 | 2 \\| 3 |\n\ntext\n")]
    [InlineData("```\n| no | table |\n```\n")]
    public void AWholeTable_IsAllowed(string text) =>
        Assert.Empty(Torn(MarkdownFile.Parse("a.md", text)));

    private static IEnumerable<string> Torn(MarkdownFile file) =>
        from table in file.Tables
        from fault in Faults(file, table)
        select $"{file.At(fault.Line)}: {fault.What}";

    private static IEnumerable<(MarkdownLine Line, string What)> Faults(
        MarkdownFile file, List<MarkdownLine> table)
    {
        if (table.Count < 2 || !Separator().IsMatch(table[1].Text))
        {
            yield return (table[0], "a row without a header and its separator above it");
        }

        foreach (MarkdownLine row in table)
        {
            if (!row.Text.EndsWith('|') || row.Cells.Length != table[0].Cells.Length)
            {
                yield return (row, $"not {table[0].Cells.Length} cells between bars");
            }
        }

        if (new[] { table[0].Number - 2, table[^1].Number }.Any(i =>
            i >= 0 && i < file.Lines.Count && file.Lines[i].Text.Trim().Length > 0))
        {
            yield return (table[0], "text touches the table; an empty line between them");
        }
    }

    [GeneratedRegex(@"^\|(\s*:?-+:?\s*\|)+$")]
    private static partial Regex Separator();
}
