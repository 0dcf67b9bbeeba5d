using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace ComputeVoucher.Tidy;

/// <summary>Every restore takes the versions of the lock files, and stops at a package with a known
/// advisory: one file says so for every project, and nothing says otherwise, anywhere.</summary>
public sealed partial class RestoreLaw
{
    private const string Common = "Directory.Build.props";
    private const string Native = "Directory.Build.targets";

    /// <summary>For every project, without a condition, once.</summary>
    private static readonly Dictionary<string, string> s_wanted = new()
    {
        ["RestorePackagesWithLockFile"] = "true",
        ["RestoreLockedMode"] = "true",
        ["NuGetAudit"] = "true",
        ["NuGetAuditMode"] = "all",
        ["NuGetAuditLevel"] = "low",
        ["TreatWarningsAsErrors"] = "true",
    };

    /// <summary>Lists of warnings that are let off.</summary>
    private static readonly string[] s_lists =
        [
            "NoWarn", "WarningsNotAsErrors", "MSBuildWarningsAsMessages",
            "MSBuildWarningsNotAsErrors",
        ];

    [Fact]
    public void EveryBuild_IsLockedAndAudited() =>
        Law.Holds([Repository.Read(Common)], Missing);

    [Fact]
    public void NoProject_SaysOtherwise() =>
        Law.Holds(
            Repository.Files(".csproj", ".props", ".targets", ".proj", ".rsp", ".config"),
            path => Otherwise(path, Repository.Read(path)));

    [Fact]
    public void NoScript_SwitchesThemOff() =>
        Law.Holds(
            Repository.Files(".sh", ".mjs", ".yml", ".yaml", "Dockerfile", ".ci/run"),
            path => Switches(path, Repository.Read(path)));

    [Fact]
    public void EveryProject_HasALockFile() =>
        Law.Holds(
            Repository.Files(".csproj"),
            path => Repository.Has(LockOf(path))
                ? []
                : [$"{path}: no packages.lock.json beside it"]);

    /// <summary>Another SDK would bring another version, and no restore would pass.</summary>
    [Fact]
    public void TheNativeTools_AreThoseOfTheLockFiles()
    {
        XDocument targets = XDocument.Parse(Repository.Read(Native));
        string version = targets.Descendants("NativeToolsVersion").Single().Value;
        string[] pinned = [.. targets.Descendants().Attributes()
            .Where(a => a.Value == "$(NativeToolsVersion)").Select(a => a.Name.LocalName)];
        Assert.Equal(["ILLinkPackVersion", "ILCompilerPackVersion", "LatestRuntimeFrameworkVersion",
            "LatestRuntimeFrameworkVersion"], pinned);
        Law.Holds(
            Repository.Files("packages.lock.json"),
            path => from Match pack in NativePack().Matches(Repository.Read(path))
                    where pack.Groups[2].Value != version
                    select $"{path}: {pack.Groups[1]} {pack.Groups[2]}, {Native} has {version}");
    }

    [Theory]
    [InlineData("<P><NuGetAudit>false</NuGetAudit></P>")]
    [InlineData("<P><NuGetAuditMode>direct</NuGetAuditMode></P>")]
    [InlineData("<P><NuGetAuditLevel>critical</NuGetAuditLevel></P>")]
    [InlineData("<P><RestoreLockedMode>false</RestoreLockedMode></P>")]
    [InlineData("<P><RestorePackagesWithLockFile>false</RestorePackagesWithLockFile></P>")]
    [InlineData("<P><TreatWarningsAsErrors>false</TreatWarningsAsErrors></P>")]
    [InlineData("<P><TreatWarningsAsErrors>true</TreatWarningsAsErrors></P>")]
    [InlineData("<P><nugetaudit Condition=\"'$(X)' == ''\">$(No)</nugetaudit></P>")]
    [InlineData("<P xmlns=\"http://schemas.microsoft.com/developer/msbuild/2003\">"
        + "<NuGetAudit>0</NuGetAudit></P>")]
    [InlineData("<P><MSBuild Properties=\"A=b;NuGetAudit=false\" /></P>")]
    [InlineData("<P TreatAsLocalProperty=\"RestoreLockedMode\" />")]
    [InlineData("<P><NuGetAuditSuppress Include=\"https://x\" /></P>")]
    [InlineData("<P><NoWarn>$(NoWarn);NU1903</NoWarn></P>")]
    [InlineData("<P><NoWarn>$(NoWarn);\n  nu1901</NoWarn></P>")]
    [InlineData("<P><NoWarn>$(NoWarn);NU1004</NoWarn></P>")]
    [InlineData("<P><PackageReference Include=\"A\" NoWarn=\"NU1902\" /></P>")]
    [InlineData("<P><PackageReference Include=\"A\"><NoWarn>NU1902</NoWarn>"
        + "</PackageReference></P>")]
    [InlineData("<P><WarningsNotAsErrors>NU1900;NU1904</WarningsNotAsErrors></P>")]
    [InlineData("<configuration><auditSources><clear /></auditSources></configuration>")]
    public void AnotherWord_IsCaught(string xml) => Assert.NotEmpty(Otherwise("x.csproj", xml));

    [Theory]
    [InlineData("<P><!-- NuGetAudit false --><NoWarn>$(NoWarn);CS1591</NoWarn></P>")]
    [InlineData("<P><WarningsNotAsErrors>NU1900;NU1905</WarningsNotAsErrors></P>")]
    public void AnythingElse_IsAllowed(string xml) => Assert.Empty(Otherwise("x.csproj", xml));

    [Theory]
    [InlineData("dotnet restore -p:RestoreLockedMode=false")]
    [InlineData("dotnet publish /p:NuGetAudit=False")]
    [InlineData("dotnet build -p:A=b;NuGetAuditLevel=critical")]
    [InlineData("dotnet build --property:NuGetAuditMode=direct")]
    [InlineData("export NuGetAudit=false")]
    [InlineData("ENV RestoreLockedMode false")]
    [InlineData("dotnet build -p:TreatWarningsAsErrors=false")]
    [InlineData("dotnet build -nowarn:NU1903")]
    [InlineData("dotnet build /noWarn:CS1591,NU1903")]
    [InlineData("dotnet build -p:NoWarn=NU1903")]
    [InlineData("dotnet build -warnnotaserror:NU1904")]
    [InlineData("dotnet restore --force-evaluate")]
    public void ASwitch_IsCaught(string text) => Assert.NotEmpty(Switches("x", text));

    [Theory]
    [InlineData("<RestoreLockedMode Condition=\"'$(CI)' == 'true'\">true</RestoreLockedMode>")]
    [InlineData("<RestoreLockedMode>false</RestoreLockedMode>")]
    [InlineData("<RestoreLockedMode>true</RestoreLockedMode>"
        + "<RestoreLockedMode Condition=\"'$(X)' == ''\">false</RestoreLockedMode>")]
    [InlineData("")]
    public void AnOpenBuild_IsCaught(string property)
    {
        string text = Repository.Read(Common);
        string changed = Property("RestoreLockedMode").Replace(text, property.Replace("$", "$$"));
        Assert.NotEqual(text, changed);
        Assert.Contains(Missing(changed), fault => fault.Contains(
            "RestoreLockedMode", StringComparison.Ordinal));
    }

    [Fact]
    public void AConditionAround_IsCaught()
    {
        string text = Repository.Read(Common).Replace(
            "<PropertyGroup>", "<PropertyGroup Condition=\"'$(CI)' == ''\">");
        Assert.Equal(s_wanted.Count, Missing(text).Count());
        text = Repository.Read(Common)
            .Replace("<Project>", "<Project><Choose><When Condition=\"'$(CI)' == ''\">")
            .Replace("</Project>", "</When></Choose></Project>");
        Assert.Equal(s_wanted.Count, Missing(text).Count());
    }

    /// <summary>Said once, in a group of the project itself, without a condition on either.
    /// </summary>
    private static IEnumerable<string> Missing(string props)
    {
        XElement project = XDocument.Parse(props).Root!;
        return s_wanted
            .Where(wanted => project.Descendants().Where(e => Is(e.Name, wanted.Key)).ToArray()
                is not [{ HasAttributes: false, Parent: { } owner } one]
                || owner.Parent != project
                || owner.Name.LocalName != "PropertyGroup"
                || owner.Attribute("Condition") is not null
                || one.Value != wanted.Value)
            .Select(wanted =>
                $"{Common}: {wanted.Key} is not {wanted.Value} for every build, said once");
    }

    /// <summary>What is said of audit and lock elsewhere, and warnings of theirs let off.</summary>
    private static IEnumerable<string> Otherwise(string path, string text)
    {
        if (!text.TrimStart('\uFEFF', ' ', '\n').StartsWith('<'))
        {
            return Switches(path, text);
        }

        XElement[] elements = [.. XDocument.Parse(text).Descendants()];
        IEnumerable<string> said = elements
            .Where(e => path != Common && s_wanted.Keys.Any(name => Is(e.Name, name)))
            .Select(e => e.Name.LocalName);
        IEnumerable<string> quoted = elements.Attributes()
            .Where(a => s_wanted.Keys.Any(name => Is(a.Name, name))
                || (Named().IsMatch(a.Value) && !Is(a.Name, "Condition")))
            .Select(a => a.ToString());
        IEnumerable<string> hidden = elements
            .Where(e => Is(e.Name, "NuGetAuditSuppress") || Is(e.Name, "auditSources"))
            .Select(e => e.Name.LocalName);
        IEnumerable<string> letOff = elements.Where(e => s_lists.Any(name => Is(e.Name, name)))
            .Select(e => e.Value)
            .Concat(elements.Attributes().Where(a => s_lists.Any(name => Is(a.Name, name)))
                .Select(a => a.Value))
            .Where(list => Advisory().IsMatch(list));
        return said.Concat(quoted).Concat(hidden).Concat(letOff)
            .Select(what => $"{path}: {what}: audit and lock are {Common}'s to say");
    }

    /// <summary>Comments tell how to update a lock file, and switch nothing.</summary>
    private static IEnumerable<string> Switches(string path, string text) =>
        from Match match in Switch().Matches(Comment().Replace(text, ""))
        select $"{path}: {match.Value.Trim()} switches off the audit or the lock";

    /// <summary>MSBuild knows no case.</summary>
    private static bool Is(XName name, string wanted) =>
        name.LocalName.Equals(wanted, StringComparison.OrdinalIgnoreCase);

    private static string LockOf(string project) =>
        Path.Combine(Path.GetDirectoryName(project)!, "packages.lock.json");

    private static Regex Property(string name) => new($"<{name}>.*</{name}>");

    /// <summary>As in a list of properties that is handed on.</summary>
    [GeneratedRegex(@"\b(NuGetAudit(Mode|Level)?|RestoreLockedMode|RestorePackagesWithLockFile"
        + @"|TreatWarningsAsErrors)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Named();

    [GeneratedRegex(@"\b(NuGetAudit(Mode|Level|Suppress)?|RestoreLockedMode|TreatWarningsAsErrors"
        + @"|RestorePackagesWithLockFile)[=\s:]+\S+|--force-evaluate"
        + @"|\b(NoWarn|warnnotaserror|WarningsNotAsErrors)[=:]\S*NU\d+", RegexOptions.IgnoreCase)]
    private static partial Regex Switch();

    /// <summary>NU1900 and NU1905 say that no advisories are to be had.</summary>
    [GeneratedRegex(@"\bNU(190[1-4]|1004|19\*)", RegexOptions.IgnoreCase)]
    private static partial Regex Advisory();

    [GeneratedRegex(@"^\s*#.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex("\"(Microsoft\\.NET\\.ILLink\\.Tasks|(?:runtime\\.[^\"]*)?"
        + "Microsoft\\.DotNet\\.ILCompiler)\": \\{[^}]*?\"resolved\": \"([^\"]+)\"")]
    private static partial Regex NativePack();
}
