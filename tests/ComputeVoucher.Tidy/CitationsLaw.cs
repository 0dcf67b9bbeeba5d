using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ComputeVoucher.Tidy;

/// <summary>A page that a comment or a document cites is in the repository, and nobody is sent to
/// the number of an issue: what the reader has to know stands where he reads.</summary>
public sealed partial class CitationsLaw
{
    private static readonly string[] s_scripts = [".sol", ".mjs", ".sh", "Dockerfile"];

    private static readonly Lazy<Comment[]> s_comments = new(() => [.. Comments()]);

    [Fact]
    public void CitedPages_Exist() => Law.Holds(s_comments.Value, AbsentPages);

    [Fact]
    public void Issues_AreNotCited() => Law.Holds(s_comments.Value, Issues);

    [Theory]
    [InlineData("/// <summary>See no-such-page.md section 3.</summary>\nclass C;")]
    [InlineData("class C { int _x = 1; // docs/absent.md\n}")]
    [InlineData("/* absent.md */ class C;")]
    public void AnAbsentPage_IsCaught(string code) =>
        Assert.NotEmpty(CommentsOf(Sample(code)).SelectMany(AbsentPages));

    [Theory]
    [InlineData("contract C { } // absent.md")]
    [InlineData("# absent.md")]
    [InlineData("/* a\n * absent.md\n */")]
    public void AnAbsentPageInAScript_IsCaught(string text) =>
        Assert.NotEmpty(CommentsOf("src/a.sh", text).SelectMany(AbsentPages));

    [Theory]
    [InlineData("/// <summary>README.md, https://host/other/page.md.</summary>\nclass C;")]
    [InlineData("class C { string _x = \"absent.md\"; }")]
    public void APageThatIsThere_IsAllowed(string code) =>
        Assert.Empty(CommentsOf(Sample(code)).SelectMany(AbsentPages));

    [Theory]
    [InlineData("// issue 3 wants this\nclass C;")]
    [InlineData("// (issue #12)\nclass C;")]
    public void ANumberOfAnIssue_IsCaught(string code) =>
        Assert.NotEmpty(CommentsOf(Sample(code)).SelectMany(Issues));

    private static CSharpFile Sample(string code) =>
        CSharpFile.Parse("src/ComputeVoucher.Sample/Sample.cs", code);

    private static IEnumerable<Comment> Comments() =>
    [
        .. Repository.Sources
            .Where(f => Page().IsMatch(f.Text) || Issue().IsMatch(f.Text))
            .SelectMany(CommentsOf),
        .. Repository.Files(s_scripts).SelectMany(p => CommentsOf(p, Repository.Read(p))),
        .. from file in MarkdownFile.All
           from line in file.Lines
           select new Comment(file.Path, line.Number, line.Text),
    ];

    private static IEnumerable<Comment> CommentsOf(CSharpFile file) =>
        from trivia in file.Root.DescendantTrivia()
        where trivia.Kind() is SyntaxKind.SingleLineCommentTrivia
            or SyntaxKind.MultiLineCommentTrivia
            or SyntaxKind.SingleLineDocumentationCommentTrivia
            or SyntaxKind.MultiLineDocumentationCommentTrivia
        let line = trivia.GetLocation().GetLineSpan().StartLinePosition.Line + 1
        select new Comment(file.Path, line, trivia.ToFullString());

    /// <summary>What follows // or #, or stands on a line that begins with a star.</summary>
    private static IEnumerable<Comment> CommentsOf(string path, string text) =>
        from line in text.Split('\n').Select((text, i) => (Text: text, Number: i + 1))
        let comment = ScriptComment().Match(line.Text)
        where comment.Success
        select new Comment(path, line.Number, comment.Value);

    private static IEnumerable<string> AbsentPages(Comment comment) =>
        from Match page in Page().Matches(Address().Replace(comment.Text, ""))
        where !Folders(comment.Path).Any(f => Repository.Has(Resolve(f, page.Value)))
        select $"{comment.Path}:{comment.Line}: {page.Value} is not in the repository";

    private static IEnumerable<string> Issues(Comment comment) =>
        from Match issue in Issue().Matches(comment.Text)
        select $"{comment.Path}:{comment.Line}: {issue.Value}: say what it asks for instead";

    /// <summary>The folder of a file and all above it: a project's files say "README.md".</summary>
    private static IEnumerable<string> Folders(string path)
    {
        for (string? at = path; (at = Path.GetDirectoryName(at)) is not null;)
        {
            yield return at;
        }
    }

    private static string Resolve(string folder, string page) =>
        Path.GetRelativePath("/", Path.GetFullPath(Path.Combine("/", folder, page)));

    [GeneratedRegex(@"[\w./*-]*\w\.md\b")]
    private static partial Regex Page();

    [GeneratedRegex(@"https?://[^\s)<]+")]
    private static partial Regex Address();

    [GeneratedRegex(@"(?<!:)//.*|(^|\s)#.*|^\s*/?\*.*")]
    private static partial Regex ScriptComment();

    [GeneratedRegex(@"\b(?:issues?|pull request) #?\d+|(?<=[\s(])#\d+\b", RegexOptions.IgnoreCase)]
    private static partial Regex Issue();

    private sealed record Comment(string Path, int Line, string Text);
}
