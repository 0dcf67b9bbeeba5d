using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace ComputeVoucher.Tidy;

/// <summary>A project may reference only the projects that the map in src/README.md draws an arrow
/// to.</summary>
public sealed partial class ArrowsLaw
{
    private static readonly Dictionary<string, string[]> s_arrows = new()
    {
        ["Primitives"] = [],
        ["Wire"] = ["Primitives"],
        ["Vouchers"] = ["Primitives"],
        ["Trace"] = ["Primitives"],
        ["Execution"] = ["Trace", "Primitives"],
        ["Disputes"] = ["Execution", "Trace", "Vouchers", "Primitives"],
        ["Ledger"] = ["Vouchers", "Primitives"],
        ["Chain"] = ["Ledger", "Vouchers", "Primitives"],
        ["Node"] = ["Wire", "Vouchers", "Trace", "Execution", "Ledger", "Chain", "Primitives"],
        ["Kernels"] = [],
    };

    [Fact]
    public void ProjectReferences_FollowTheArrows() =>
        Law.Holds(Projects(), p => Check(p, Repository.Read(p)));

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

    [Fact]
    public void AnArrowNotOnTheMap_IsCaught() =>
        Assert.NotEmpty(Check(
            "src/ComputeVoucher.Wire/ComputeVoucher.Wire.csproj",
            "<ProjectReference Include=\"../V/ComputeVoucher.Vouchers.csproj\" />"));

    private static IEnumerable<string> Projects() =>
        Repository.Files(".csproj").Where(p => p.StartsWith("src/", StringComparison.Ordinal));

    private static IEnumerable<string> Check(string project, string text)
    {
        string name = ProjectName().Match(project).Groups[1].Value;
        if (!s_arrows.TryGetValue(name, out string[]? allowed))
        {
            yield return $"{project}: not on the map; add it to src/README.md and ArrowsLaw";
            yield break;
        }

        foreach (Match reference in Reference().Matches(text))
        {
            if (!allowed.Contains(reference.Groups[1].Value))
            {
                yield return $"{project}: {name} may not reference {reference.Groups[1].Value}";
            }
        }
    }

    [GeneratedRegex(@"ComputeVoucher\.(\w+)\.csproj")]
    private static partial Regex ProjectName();

    [GeneratedRegex(@"ProjectReference Include=""[^""]*ComputeVoucher\.(\w+)\.csproj""")]
    private static partial Regex Reference();
}
