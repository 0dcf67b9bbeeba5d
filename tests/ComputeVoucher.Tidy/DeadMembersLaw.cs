using System;
using System.Collections.Generic;
using System.Linq;

namespace ComputeVoucher.Tidy;

/// <summary>A type, method, property, constant or event of the product whose name stands nowhere
/// else in the product is dead: what only a test calls belongs into the tests.</summary>
/// <remarks>Goes by names, so a dead instance member that shares its name with a living one is not
/// seen. A use inside a member of the same name (recursion, one overload calling another) is none;
/// see <see cref="MemberUses"/>.</remarks>
public sealed class DeadMembersLaw
{
    /// <summary>What is there for a caller that is still to come, and for which one.</summary>
    private static readonly Dictionary<string, string> s_waiting = new()
    {
        ["ProvidersContract.Settle"] = "a reporter's reward; waits for the court",
        ["CourtContract.ShowReceipt"] = "a larger receipt of a convicted order; the watcher will",
        ["CountAsync"] = "how many disputes there are; the tests of both sides ask",
        ["ContradictionsContract.Element"] = "an element of a trace that was handed out; `verify`",
        ["ConflictsAsync"] = "the stored evidence of a second order; the court will ask",
        ["TypeText"] = "what the tests hold against the contracts, and a wallet will be shown",
    };

    /// <summary>Members that the language and the runtime call by their name.</summary>
    private static readonly HashSet<string> s_called =
    [
        "Program", "Program.Main", "BeginScope", "Dispose", "DisposeAsync", "GetEnumerator",
        "Current", "MoveNext", "Deconstruct", "Equals", "GetHashCode", "ToString", "CompareTo",
        "GetPinnableReference",
    ];

    [Fact]
    public void EveryMember_IsUsed() => Law.Holds([Repository.Shipped], Dead);

    [Fact]
    public void WhatWaits_IsThereAndUnused()
    {
        string[] dead = [.. Unused(Repository.Shipped).Select(d => d.Key)];
        Law.Holds(s_waiting.Keys, n => dead.Contains(n) ? [] : [$"{n} waits for nobody any more"]);
    }

    [Theory]
    [InlineData("public sealed class Lonely { }")]
    [InlineData("class C { public void Lonely() { } } class D : C { D d; }")]
    [InlineData("class C { internal int Lonely(int n) => n == 0 ? 0 : Lonely(n - 1); C _c; }")]
    [InlineData("class C { public int Lonely => 1; C _c; }")]
    [InlineData("class C { public const int Lonely = 1; C _c; }")]
    [InlineData("class C { public static readonly int Lonely = 1; C _c; }")]
    [InlineData("class C { void Lonely(int a) { } void Lonely(long a) => Lonely((int)a); C _c; }")]
    [InlineData("interface I { void Lonely(); } class C : I { public void Lonely() { } C _c; }")]
    [InlineData("class C { /// <see cref=\"Lonely\"/>\nvoid Lonely() { } }")]
    [InlineData("class C { internal const int Lonely = 1; } class Program { C c; int Lonely; }")]
    public void ADeadMember_IsCaught(string code) =>
        Assert.Contains(Dead([Sample(code)]), d => d.Contains("Lonely", StringComparison.Ordinal));

    [InlineData("class C : B { public override int Name => 1; } class Program { C c; }")]
    [InlineData("class C : I { int I.Name() => 1; } class Program { C c; }")]
    [InlineData("class C { public void Dispose() { } } class Program { C c; }")]
    [InlineData("class C { int Name => 1; } class Program { int n = nameof(C.Name).Length; }")]
    [InlineData("class E { static int F(this int n) => n; } class Program { int i = 1.F(); }")]
    [InlineData("class LonelyAttribute; [Lonely] class Program;")]
    [Theory]
    public void ALivingMember_IsAllowed(string code) => Assert.Empty(Dead([Sample(code)]));

    private static CSharpFile Sample(string code) => CSharpFile.Parse("src/S/Sample.cs", code);

    private static IEnumerable<string> Dead(IEnumerable<CSharpFile> files) =>
        from member in Unused(files)
        where !s_waiting.ContainsKey(member.Key)
        select $"{member.Where}: {member.Key} is used nowhere in src; remove it, or move it to "
            + "the tests";

    private static IEnumerable<(string Key, string Where)> Unused(IEnumerable<CSharpFile> files)
    {
        MemberUses uses = new();
        foreach (CSharpFile file in files)
        {
            uses.Read(file);
        }

        return uses.Unused.Where(m => !s_called.Contains(m.Key));
    }
}
