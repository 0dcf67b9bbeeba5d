using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ComputeVoucher.Tidy;

/// <summary>Folders say subjects. Every project has a page that names its folders; a folder is
/// small enough to be read at a glance; a namespace is the project's (and the model family's), so
/// that a file can move to a better folder without a change elsewhere.</summary>
public sealed partial class FoldersLaw
{
    private const int FilesMax = 25;

    /// <summary>What a folder of this name holds is nobody's business but the project's.</summary>
    private const string Hidden = "Internal";

    /// <summary>Folders with a namespace of their own: the two families of models, beside what is
    /// hidden.</summary>
    private static readonly string[] s_families =
        ["ComputeVoucher.Execution.Graphs", "ComputeVoucher.Execution.Language"];

    [Fact]
    public void Projects_HaveAPageThatNamesTheirFolders() =>
        Law.Holds(Projects(), p => Folders(
            p, Repository.Has($"{p}/README.md") ? Repository.Read($"{p}/README.md") : null,
            [.. FoldersOf(p)]));

    [Fact]
    public void Folders_AreSmall() =>
        Law.Holds([Repository.Files(".cs")], Crowded);

    [Fact]
    public void Namespaces_AreTheProjectsOrTheFamilys() =>
        Law.Holds(Repository.Shipped, Misplaced);

    [Fact]
    public void PublicTypes_AreNotHidden() => Law.Holds(Repository.Shipped, Buried);

    [Theory]
    [InlineData(null)]
    [InlineData("| folder | holds |\n| --- | --- |\n| `Rpc/` | JSON-RPC |\n")]
    [InlineData("| folder | holds |\n| --- | --- |\n| `Rpc/`, `Outbox/`, `Gone/` | x |\n")]
    public void APageThatDoesNotNameTheFolders_IsCaught(string? page) =>
        Assert.NotEmpty(Folders("src/ComputeVoucher.Chain", page, ["Rpc", "Outbox"]));

    [Fact]
    public void ACrowdedFolder_IsCaught() =>
        Assert.NotEmpty(Crowded(Enumerable.Range(0, 26).Select(i => $"src/P/Folder/F{i}.cs")));

    [Theory]
    [InlineData("src/ComputeVoucher.Chain/Rpc/C.cs", "ComputeVoucher.Chain.Rpc")]
    [InlineData("src/ComputeVoucher.Execution/Graphs/Import/C.cs", "ComputeVoucher.Execution")]
    public void ANamespaceOfAFolder_IsCaught(string path, string name) =>
        Law.Catches($"namespace {name}; class C;", path, Misplaced);

    [Theory]
    [InlineData("src/ComputeVoucher.Execution/Graphs/Q/C.cs", "ComputeVoucher.Execution.Graphs")]
    [InlineData("src/ComputeVoucher.Chain/Rpc/C.cs", "ComputeVoucher.Chain")]
    [InlineData("src/ComputeVoucher.Wire/Internal/C.cs", "ComputeVoucher.Wire.Internal")]
    public void TheNamespaceOfTheProject_IsAllowed(string path, string name) =>
        Assert.Empty(Misplaced(CSharpFile.Parse(path, $"namespace {name}; class C;")));

    [Fact]
    public void APublicTypeThatIsHidden_IsCaught() =>
        Law.Catches("public sealed class C { }", Buried);

    private static IEnumerable<string> Projects() =>
        Repository.Files(".csproj")
            .Where(p => p.StartsWith("src/", StringComparison.Ordinal))
            .Select(p => Path.GetDirectoryName(p)!);

    /// <summary>Folders below a project that hold C#, with forward slashes.</summary>
    private static IEnumerable<string> FoldersOf(string project) =>
        Repository.Files(".cs")
            .Where(f => f.StartsWith(project + "/", StringComparison.Ordinal))
            .Select(f => Path.GetDirectoryName(f[(project.Length + 1)..])!)
            .Where(f => f.Length > 0)
            .Distinct();

    private static IEnumerable<string> Folders(string project, string? page, string[] there)
    {
        if (page is null)
        {
            return [$"{project}: no README.md"];
        }

        string[] named =
        [
            .. from row in MarkdownFile.Parse($"{project}/README.md", page).Rows("folder", "holds")
               from Match folder in Folder().Matches(row[0])
               select folder.Groups[1].Value,
        ];
        return
        [
            .. there.Except(named).Select(f => $"{project}/README.md: does not name {f}/"),
            .. named.Where(f => !there.Any(t => (t + "/").StartsWith(
                    f + "/", StringComparison.Ordinal)))
                .Select(f => $"{project}/README.md: there is no {f}/"),
        ];
    }

    private static IEnumerable<string> Crowded(IEnumerable<string> files) =>
        from file in files
        group file by Path.GetDirectoryName(file) into folder
        where folder.Count() > FilesMax
        select $"{folder.Key}: {folder.Count()} files, at most {FilesMax}; split it by subject";

    private static IEnumerable<string> Misplaced(CSharpFile file)
    {
        string[] parts = file.Path.Split('/');
        string family = parts.Length > 3 ? $"{parts[1]}.{parts[2]}" : "";
        string wanted = s_families.Contains(family) || (parts.Length > 3 && parts[2] == Hidden)
            ? family
            : parts[1];
        return from space in file.Root.DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>()
               where space.Name.ToString() != wanted
               select $"{file.At(space)}: namespace {space.Name}, {wanted} wanted";
    }

    private static IEnumerable<string> Buried(CSharpFile file) =>
        from type in file.Root.DescendantNodes().OfType<BaseTypeDeclarationSyntax>()
        where file.Path.Split('/').Contains(Hidden)
        where type.Parent is BaseNamespaceDeclarationSyntax or CompilationUnitSyntax
        where type.Modifiers.Any(SyntaxKind.PublicKeyword)
        select $"{file.At(type)}: public {type.Identifier} in {Hidden}; move it to its subject";

    [GeneratedRegex(@"`([\w/]+)/`")]
    private static partial Regex Folder();
}
