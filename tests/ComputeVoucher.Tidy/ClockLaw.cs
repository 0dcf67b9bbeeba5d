using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ComputeVoucher.Tidy;

/// <summary>No test depends on the machine's speed: none sleeps, measures real time or gives up
/// after a time of its own.</summary>
public sealed partial class ClockLaw
{
    private const string Remedy =
        "move a ManualClock, wait for the event with Patience, or count instead of measuring";

    private static readonly string[] s_allowed =
    [
        "tests/ComputeVoucher.TestKit/Patience.cs",
        // An endpoint that drips bytes, and a command that measures a disk.
        "tests/ComputeVoucher.TestKit/RpcProxy.cs",
        "tests/ComputeVoucher.Faults/Measure.cs",
    ];

    [Fact]
    public void Tests_ReadNoRealClock() => Law.Holds(
        Repository.Sources.Where(f => f.Path.StartsWith("tests/", StringComparison.Ordinal)
            && !s_allowed.Contains(f.Path)),
        Broken);

    [Theory]
    [InlineData("Thread.Sleep(5);")]
    [InlineData("await Task.Delay(50);")]
    [InlineData("var w = Stopwatch.StartNew();")]
    [InlineData("long t = Stopwatch.GetTimestamp();")]
    [InlineData("var t = DateTime.UtcNow;")]
    [InlineData("long t = Environment.TickCount64;")]
    [InlineData("F(TimeProvider.System);")]
    [InlineData("source.CancelAfter(100);")]
    [InlineData("using var s = new CancellationTokenSource(TimeSpan.FromSeconds(2));")]
    [InlineData("await task.WaitAsync(TimeSpan.FromSeconds(20));")]
    [InlineData("Assert.True(thread.Join(5_000));")]
    [InlineData("process.WaitForExit(1000);")]
    public void ARealClock_IsCaught(string statement) =>
        Law.Catches("class C { async Task F() { " + statement + " } }", Broken);

    [Theory]
    [InlineData("await task.WaitAsync(Patience.Default);")]
    [InlineData("process.WaitForExit();")]
    [InlineData("clock.Advance(TimeSpan.FromSeconds(2));")]
    public void AnEvent_IsAllowed(string statement) =>
        Law.Allows("class C { async Task F() { " + statement + " } }", Broken);

    private static IEnumerable<string> Broken(CSharpFile file) =>
        from node in file.Root.DescendantNodes()
        where node is InvocationExpressionSyntax or MemberAccessExpressionSyntax
            or ObjectCreationExpressionSyntax
        let text = Whitespace().Replace(node.ToString(), "")
        where RealTime().IsMatch(text)
        select $"{file.At(node)}: {text.Split('(')[0]} is real time; {Remedy}";

    [GeneratedRegex(
        @"^Thread\.Sleep\(|^Task\.Delay\(|^Stopwatch\.|^DateTime(Offset)?\.(Utc)?Now"
        + @"|^Environment\.TickCount|^TimeProvider\.System|\.CancelAfter\([^()]*\)$"
        + @"|^newCancellationTokenSource\((TimeSpan|\d)"
        + @"|\.(Wait|WaitAsync|WaitOne|WaitForExit|Join)\((TimeSpan|\d)")]
    private static partial Regex RealTime();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace();
}
