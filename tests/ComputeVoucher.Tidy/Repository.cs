using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using ComputeVoucher.TestKit;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ComputeVoucher.Tidy;

/// <summary>The files that belong to the repository: tracked by git, or new and not
/// ignored.</summary>
internal static class Repository
{
    private static readonly Lazy<IReadOnlyList<string>> s_files = new(ListFiles);

    private static readonly Lazy<IReadOnlyList<CSharpFile>> s_sources =
        new(() => [.. Files(".cs").Select(CSharpFile.Read)]);

    /// <summary>Every C# file, parsed once.</summary>
    public static IReadOnlyList<CSharpFile> Sources => s_sources.Value;

    /// <summary>The C# files of the shipped projects.</summary>
    public static IEnumerable<CSharpFile> Shipped =>
        Sources.Where(f => f.Path.StartsWith("src/", StringComparison.Ordinal));

    /// <summary>Paths below the root, with forward slashes, that end in one of the
    /// endings.</summary>
    public static IEnumerable<string> Files(params string[] endings) =>
        s_files.Value.Where(f => endings.Any(e => f.EndsWith(e, StringComparison.Ordinal)));

    public static bool Has(string path) =>
        s_files.Value.Contains(path) || s_files.Value.Any(
            f => f.StartsWith(path.TrimEnd('/') + "/", StringComparison.Ordinal));

    public static string Read(string path) =>
        File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, path));

    private static List<string> ListFiles()
    {
        ProcessStartInfo start = new("git")
        {
            WorkingDirectory = SharedData.RepositoryRoot,
            RedirectStandardOutput = true,
            ArgumentList = { "ls-files", "--cached", "--others", "--exclude-standard", "-z" },
        };
        using Process git = Process.Start(start)!;
        string output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        Assert.Equal(0, git.ExitCode);
        return [.. output.Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Where(f => File.Exists(Path.Combine(SharedData.RepositoryRoot, f)))];
    }
}

/// <summary>One C# file: its path below the root, its lines and its syntax tree.</summary>
internal sealed record CSharpFile(string Path, string Text, SyntaxNode Root)
{
    public string[] Lines { get; } = Text.Split('\n');

    public static CSharpFile Read(string path) => Parse(path, Repository.Read(path));

    public static CSharpFile Parse(string path, string text)
    {
        CSharpParseOptions options = new(LanguageVersion.Preview);
        return new CSharpFile(path, text, CSharpSyntaxTree.ParseText(text, options).GetRoot());
    }

    /// <summary>"path:line", as editors understand it.</summary>
    public string At(SyntaxNode node) =>
        $"{Path}:{node.GetLocation().GetLineSpan().StartLinePosition.Line + 1}";
}
