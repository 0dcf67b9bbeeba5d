using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace ComputeVoucher.Tidy;

/// <summary>Prose of Markdown files is at most 100 columns wide, as .editorconfig says for all
/// files. Tables, code and addresses cannot be broken and are exempt.</summary>
public sealed partial class ProseLaw
{
    private const int ColumnsMax = 100;

    [Fact]
    public void Prose_IsNarrow() => Law.Holds(MarkdownFile.All, Wide);

    [Fact]
    public void AWideLine_IsCaught() =>
        Assert.NotEmpty(Wide(MarkdownFile.Parse("a.md", "word " + new string('x', 96))));

    [Theory]
    [InlineData("| ", " |")]
    [InlineData("```\n", "\n```")]
    [InlineData("[link]: ", "")]
    [InlineData("see https://host/", " for it")]
    public void WhatCannotBeBroken_IsAllowed(string before, string after) =>
        Assert.Empty(Wide(MarkdownFile.Parse("a.md", before + new string('x', 100) + after)));

    private static IEnumerable<string> Wide(MarkdownFile file) =>
        from line in file.Lines
        where !line.IsCode && !line.IsRow && !Definition().IsMatch(line.Text)
        let columns = Address().Replace(line.Text, "").Length
        where columns > ColumnsMax
        select $"{file.At(line)}: {columns} columns, at most {ColumnsMax}";

    [GeneratedRegex(@"^\[[^\]]+\]:\s")]
    private static partial Regex Definition();

    [GeneratedRegex(@"https?://[^\s)]+")]
    private static partial Regex Address();
}
