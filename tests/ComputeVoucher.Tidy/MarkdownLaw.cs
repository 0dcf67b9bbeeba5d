using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;

namespace ComputeVoucher.Tidy;

/// <summary>A Markdown file has one title, and its relative links lead somewhere.</summary>
public sealed partial class MarkdownLaw
{
    [Fact]
    public void Markdown_HasOneTitle() =>
        Law.Holds(Repository.Files(".md"), p => Titles(p, Repository.Read(p)));

    [Fact]
    public void Markdown_HasNoDeadLink() =>
        Law.Holds(Repository.Files(".md"), p => DeadLinks(p, Repository.Read(p)));

    [Fact]
    public void TopLevelFolders_HaveAReadme() =>
        Law.Holds(
            ["src", "tests", "bench", "models"],
            f => Repository.Has($"{f}/README.md") ? [] : new[] { $"{f}: no README.md" });

    [Fact]
    public void ADeadLink_IsCaught() =>
        Assert.NotEmpty(DeadLinks("README.md", "# T\n[x](no/such/file.md)"));

    [Fact]
    public void TwoTitles_AreCaught() => Assert.NotEmpty(Titles("a.md", "# A\n# B\n"));

    private static IEnumerable<string> Titles(string path, string text)
    {
        int titles = Code().Replace(text, "").Split('\n')
            .Count(l => l.StartsWith("# ", StringComparison.Ordinal));
        return titles == 1 ? [] : [$"{path}: {titles} titles, one wanted"];
    }

    private static IEnumerable<string> DeadLinks(string path, string text)
    {
        string folder = Path.GetDirectoryName(path) ?? "";
        foreach (Match link in Link().Matches(Code().Replace(text, "")))
        {
            string target = link.Groups[1].Value.Split('#')[0];
            if (target.Length == 0 || target.Contains("://", StringComparison.Ordinal))
            {
                continue;
            }

            string resolved = Path.GetRelativePath(
                Path.GetFullPath("/"), Path.GetFullPath(Path.Combine("/", folder, target)));
            if (!Repository.Has(resolved))
            {
                yield return $"{path}: dead link {target}";
            }
        }
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"```.*?```|`[^`\n]*`", RegexOptions.Singleline)]
    private static partial Regex Code();
}
