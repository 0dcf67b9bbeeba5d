using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ComputeVoucher.Tidy;

/// <summary>Calls that are banned, each with its replacement.</summary>
public sealed partial class BannedCallsLaw
{
    /// <summary>Pattern on a call or member access, replacement, and where it may stand all the
    /// same.</summary>
    private static readonly (Regex Pattern, string Remedy, string[] Allowed)[] s_banned =
    [
        (Clock(), "take a TimeProvider", []),
        (RandomSource(), "take a seed; Cli asks the kernel (Libc.FillRandom), without libssl", []),
        (Environment(), "take it as an argument; only Cli reads the environment",
            ["src/ComputeVoucher.Cli/"]),
        (SwallowedFsync(), "call fsync through LibraryImport: .NET 10.0.12 swallows its error", []),
        (Reflective(), "use Utf8JsonReader, Utf8JsonWriter or JsonDocument", []),
        (TaskRun(), "use a thread of its own, or await", ["src/ComputeVoucher.Node/"]),
        (Files(), "only Ledger writes while serving, Client its journal; commands write in Cli",
            [
                "src/ComputeVoucher.Cli/", "src/ComputeVoucher.Client/",
                "src/ComputeVoucher.Ledger/",
            ]),
        (Network(), "only Wire and Chain touch the network; health and metrics live in Node",
            ["src/ComputeVoucher.Wire/", "src/ComputeVoucher.Chain/", "src/ComputeVoucher.Node/"]),
    ];

    [Fact]
    public void BannedCalls_AreAbsent() => Law.Holds(Repository.Shipped, Banned);

    [Fact]
    public void Regions_AreAbsent() => Law.Holds(Repository.Sources, Regions);

    [Fact]
    public void Reminders_AreAbsent() => Law.Holds(Repository.Sources, Reminders);

    [Theory]
    [InlineData("var t = DateTime.UtcNow;")]
    [InlineData("var t = DateTimeOffset.UtcNow;")]
    [InlineData("var r = new Random(1);")]
    [InlineData("RandomNumberGenerator.Fill(b);")]
    [InlineData("var e = Environment.GetEnvironmentVariable(\"X\");")]
    [InlineData("RandomAccess.FlushToDisk(h);")]
    [InlineData("stream.Flush(true);")]
    [InlineData("JsonSerializer.Serialize(x);")]
    [InlineData("Task.Run(() => { });")]
    [InlineData("File.WriteAllBytes(p, b);")]
    [InlineData("var s = new Socket(a, b, c);")]
    public void ABannedCall_IsCaught(string statement) =>
        Law.Catches("class C { void F() { " + statement + " } }", Banned);

    [Fact]
    public void AReminder_IsCaught() =>
        Law.Catches("// TO" + "DO: later", Reminders);

    private static IEnumerable<string> Banned(CSharpFile file)
    {
        foreach (SyntaxNode node in file.Root.DescendantNodes())
        {
            if (node is not (InvocationExpressionSyntax or MemberAccessExpressionSyntax
                or ObjectCreationExpressionSyntax))
            {
                continue;
            }

            string text = Whitespace().Replace(node.ToString(), "");
            foreach ((Regex pattern, string remedy, string[] allowed) in s_banned)
            {
                if (pattern.IsMatch(text)
                    && !allowed.Any(a => file.Path.StartsWith(a, StringComparison.Ordinal)))
                {
                    yield return $"{file.At(node)}: {text.Split('(')[0]} is banned; {remedy}";
                }
            }
        }
    }

    private static IEnumerable<string> Regions(CSharpFile file) =>
        from trivia in file.Root.DescendantTrivia()
        where trivia.IsKind(SyntaxKind.RegionDirectiveTrivia)
        select $"{file.Path}: #region; split the file instead";

    private static IEnumerable<string> Reminders(CSharpFile file) =>
        from line in file.Lines.Select((text, i) => (text, i))
        where Reminder().IsMatch(line.text)
        select $"{file.Path}:{line.i + 1}: a reminder; do it, or say what is missing and why";

    [GeneratedRegex(@"^DateTime(Offset)?\.(Utc)?Now|^Stopwatch\.StartNew")]
    private static partial Regex Clock();

    [GeneratedRegex(
        @"^newRandom\(|^Random\.Shared|^RandomNumberGenerator\.(Fill|Get|Create)|^Guid\.NewGuid")]
    private static partial Regex RandomSource();

    [GeneratedRegex(@"^Environment\.(GetEnvironmentVariable|Exit|GetCommandLineArgs)")]
    private static partial Regex Environment();

    [GeneratedRegex(@"^RandomAccess\.FlushToDisk|\.Flush\((flushToDisk:)?true\)$")]
    private static partial Regex SwallowedFsync();

    [GeneratedRegex(@"^JsonSerializer\.(Serialize|Deserialize)")]
    private static partial Regex Reflective();

    [GeneratedRegex(@"^Task\.Run\(|^Task\.Factory\.StartNew")]
    private static partial Regex TaskRun();

    [GeneratedRegex(@"^File\.(Write|Append|Create|Delete|Move|Replace|Copy)|^newFileStream\(")]
    private static partial Regex Files();

    [GeneratedRegex(
        @"^new(Socket|TcpListener|TcpClient|HttpClient|HttpListener|SocketsHttpHandler)\(")]
    private static partial Regex Network();

    [GeneratedRegex(@"\b(TO[D]O|FIX[M]E|HA[C]K)\b")]
    private static partial Regex Reminder();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace();
}
