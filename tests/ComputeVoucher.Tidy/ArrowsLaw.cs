using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace ComputeVoucher.Tidy;

/// <summary>A project may reference only the projects that the table in src/README.md allows it,
/// and that table lists exactly the projects that there are.</summary>
public sealed partial class ArrowsLaw
{
    private const string MapPath = "src/README.md";

    /// <summary>In the column "may reference".</summary>
    private const string All = "all";
    private const string Nothing = "nothing";

    private const string SampleMap = """
        | project | holds | may reference |
        | --- | --- | --- |
        | `ComputeVoucher.Wire` | frames | nothing |
        | `ComputeVoucher.Node` | the provider | Wire |
        | `ComputeVoucher.Cli` | the binary | all |
        """;

    [Fact]
    public void ProjectReferences_FollowTheArrows()
    {
        Dictionary<string, string[]> map = Map(Repository.Read(MapPath));
        Law.Holds(Projects(), p => Check(map, p, Repository.Read(p)));
    }

    [Fact]
    public void TheMap_ListsTheProjectsThatThereAre()
    {
        Dictionary<string, string[]> map = Map(Repository.Read(MapPath));
        Law.Holds([Projects().Select(NameOf)], there => Strangers(map, there));
    }

    [Fact]
    public void EveryProject_IsInTheSolution()
    {
        string solution = Repository.Read("ComputeVoucher.sln").Replace('\\', '/');
        Law.Holds(
            Repository.Files(".csproj"),
            p => solution.Contains(p, StringComparison.Ordinal)
                ? [] : [$"{p}: not in ComputeVoucher.sln; dotnet sln add {p}"]);
    }

    [Fact]
    public void PackageVersions_StandInOnePlace() =>
        Law.Holds(
            Repository.Files(".csproj"),
            p => Repository.Read(p).Contains(" Version=\"", StringComparison.Ordinal)
                ? [$"{p}: a package version; it belongs in Directory.Packages.props"] : []);

    [Theory]
    [InlineData("Wire", "Node")]
    [InlineData("Node", "Cli")]
    [InlineData("Gateway", "Wire")]
    public void AnArrowNotOnTheMap_IsCaught(string from, string to) =>
        Assert.NotEmpty(Check(Map(SampleMap), PathOf(from), Reference(to)));

    [Theory]
    [InlineData("Node", "Wire")]
    [InlineData("Cli", "Node")]
    public void AnArrowOnTheMap_IsAllowed(string from, string to) =>
        Assert.Empty(Check(Map(SampleMap), PathOf(from), Reference(to)));

    [Theory]
    [InlineData("Wire", "Node")]
    [InlineData("Wire", "Node", "Cli", "Gateway")]
    public void AMapOfOtherProjects_IsCaught(params string[] there) =>
        Assert.NotEmpty(Strangers(Map(SampleMap), there));

    [Fact]
    public void AMapThatAllowsWhatIsNotThere_IsCaught() =>
        Assert.NotEmpty(Strangers(
            Map(SampleMap.Replace("| Wire |", "| Wires |", StringComparison.Ordinal)),
            ["Wire", "Node", "Cli"]));

    private static IEnumerable<string> Projects() =>
        Repository.Files(".csproj").Where(p => p.StartsWith("src/", StringComparison.Ordinal));

    /// <summary>Project → what it may reference, from the table of that map.</summary>
    private static Dictionary<string, string[]> Map(string text) =>
        MarkdownFile.Parse(MapPath, text)
            .Rows("project", "holds", "may reference")
            .Where(r => Project().IsMatch(r[0]))
            .ToDictionary(
                r => Project().Match(r[0]).Groups[1].Value,
                r => r[2] == Nothing ? [] : r[2].Split(", "));

    private static IEnumerable<string> Strangers(
        Dictionary<string, string[]> map, IEnumerable<string> there) =>
    [
        .. there.Except(map.Keys).Select(p => $"{MapPath}: no row for ComputeVoucher.{p}"),
        .. map.Keys.Except(there).Select(p => $"{MapPath}: there is no ComputeVoucher.{p}"),
        .. map.Values.SelectMany(v => v).Except([.. there, All])
            .Select(p => $"{MapPath}: allows {p}, which is no project"),
    ];

    private static IEnumerable<string> Check(
        Dictionary<string, string[]> map, string project, string text)
    {
        string name = NameOf(project);
        string[] allowed = map.GetValueOrDefault(name, []);
        return from Match reference in References().Matches(text)
               let other = reference.Groups[1].Value
               where !allowed.Contains(other) && !allowed.Contains(All)
               select $"{project}: {name} may not reference {other}; see {MapPath}";
    }

    private static string NameOf(string project) =>
        ProjectFile().Match(project).Groups[1].Value;

    private static string PathOf(string name) =>
        $"src/ComputeVoucher.{name}/ComputeVoucher.{name}.csproj";

    private static string Reference(string name) =>
        $"<ProjectReference Include=\"../N/ComputeVoucher.{name}.csproj\" />";

    [GeneratedRegex(@"ComputeVoucher\.(\w+)\.csproj$")]
    private static partial Regex ProjectFile();

    [GeneratedRegex(@"^\[?`ComputeVoucher\.(\w+)`")]
    private static partial Regex Project();

    [GeneratedRegex(@"ProjectReference Include=""[^""]*ComputeVoucher\.(\w+)\.csproj""")]
    private static partial Regex References();
}
