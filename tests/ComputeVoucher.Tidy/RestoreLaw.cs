using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace ComputeVoucher.Tidy;

/// <summary>Every build takes the versions of the lock files, and stops at a package with a known
/// advisory: nothing switches either off, anywhere.</summary>
public sealed partial class RestoreLaw
{
    private const string Common = "Directory.Build.props";

    /// <summary>For every project, without a condition.</summary>
    private static readonly Dictionary<string, string> s_wanted = new()
    {
        ["RestorePackagesWithLockFile"] = "true",
        ["RestoreLockedMode"] = "true",
        ["NuGetAudit"] = "true",
        ["NuGetAuditMode"] = "all",
        ["NuGetAuditLevel"] = "low",
        ["TreatWarningsAsErrors"] = "true",
    };

    [Fact]
    public void EveryBuild_IsLockedAndAudited() =>
        Law.Holds([Repository.Read(Common)], Missing);

    [Fact]
    public void NoProjectOrScript_SwitchesThemOff() =>
        Law.Holds(
            Repository.Files(".csproj", ".props", ".targets", ".sh", "Dockerfile", ".ci/run"),
            path => Switches(path, Repository.Read(path)));

    [Fact]
    public void EveryProject_HasALockFile() =>
        Law.Holds(
            Repository.Files(".csproj"),
            path => Repository.Has(Path.Combine(Path.GetDirectoryName(path)!, "packages.lock.json"))
                ? []
                : [$"{path}: no packages.lock.json beside it"]);

    [Theory]
    [InlineData("<NuGetAudit>false</NuGetAudit>")]
    [InlineData("<NuGetAuditSuppress Include=\"https://x\" />")]
    [InlineData("<NoWarn>$(NoWarn);NU1903</NoWarn>")]
    [InlineData("<WarningsNotAsErrors>NU1900;NU1904</WarningsNotAsErrors>")]
    [InlineData("dotnet restore -p:RestoreLockedMode=false")]
    [InlineData("dotnet publish /p:NuGetAudit=False")]
    [InlineData("dotnet restore --force-evaluate")]
    public void ASwitch_IsCaught(string text) => Assert.NotEmpty(Switches("x", text));

    [Theory]
    [InlineData("<RestoreLockedMode Condition=\"'$(CI)' == 'true'\">true</RestoreLockedMode>")]
    [InlineData("<RestoreLockedMode>false</RestoreLockedMode>")]
    [InlineData("")]
    public void AnOpenBuild_IsCaught(string property)
    {
        string text = Repository.Read(Common);
        string changed = Property("RestoreLockedMode").Replace(text, property);
        Assert.NotEqual(text, changed);
        Assert.Contains(Missing(changed), fault => fault.Contains(
            "RestoreLockedMode", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Missing(string props)
    {
        XElement[] properties =
        [
            .. XDocument.Parse(props).Descendants("PropertyGroup")
                .Where(group => group.Attribute("Condition") is null)
                .Elements(),
        ];
        return from wanted in s_wanted
               where !properties.Any(p => p.Name.LocalName == wanted.Key
                   && p.Value == wanted.Value && p.Attribute("Condition") is null)
               select $"{Common}: {wanted.Key} is not {wanted.Value} for every build";
    }

    /// <summary>Comments tell how to update a lock file, and switch nothing.</summary>
    private static IEnumerable<string> Switches(string path, string text) =>
        from Match match in Switch().Matches(Comment().Replace(text, ""))
        select $"{path}: {match.Value.Trim()} switches off the audit or the lock";

    private static Regex Property(string name) => new($"<{name}>.*</{name}>");

    [GeneratedRegex(@"(NuGetAudit|RestoreLockedMode)\W+false|NuGetAuditSuppress|--force-evaluate"
        + @"|<(NoWarn|WarningsNotAsErrors)>[^<]*NU190[1-4]", RegexOptions.IgnoreCase)]
    private static partial Regex Switch();

    [GeneratedRegex(@"<!--[\s\S]*?-->|^\s*#.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();
}
