using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ComputeVoucher.Tidy;

/// <summary>A test class that opens a socket, reads a clock or starts a process, itself or through
/// a helper of the tests, has the trait by which <c>./test.sh long load</c> finds it.</summary>
public sealed class LoadLaw
{
    private const string Trait = "[Trait(\"Category\", \"load\")]";

    private static readonly string[] s_roots =
    [
        "Socket", "TcpClient", "TcpListener", "HttpClient", "WireServer", "WireClient",
        "JsonRpcClient", "Process", "ProcessStartInfo", "TimeProvider", "Patience", "Stopwatch",
    ];

    [Fact]
    public void TestsThatABusyMachineCouldBreak_RunUnderLoad() =>
        Law.Holds(Classes(Tests()), name => [name]);

    [Fact]
    public void AClassWithoutTheTrait_IsCaught()
    {
        CSharpFile kit = Parse("public sealed class Peer { Socket _socket; }");
        CSharpFile rig = Parse("public sealed class Rig { Peer _peer; }");
        CSharpFile test = Parse("public class T { [RigFact] void F() { new Rig(); } }");
        Assert.Single(Classes([kit, rig, test]));
        CSharpFile kept = Parse(Trait + " public class T { [RigFact] void F() { new Rig(); } }");
        Assert.Empty(Classes([kit, rig, kept]));
        Assert.Empty(Classes([kit, Parse("public class T { [Fact] void F() { } }")]));
    }

    /// <summary>Tidy itself lists the repository's files with git, and waits for nothing else.
    /// </summary>
    private static IEnumerable<CSharpFile> Tests() => Repository.Sources.Where(
        f => f.Path.StartsWith("tests/", StringComparison.Ordinal)
            && !f.Path.StartsWith("tests/ComputeVoucher.Tidy/", StringComparison.Ordinal));

    private static IEnumerable<string> Classes(IEnumerable<CSharpFile> files)
    {
        (CSharpFile File, TypeDeclarationSyntax Type, HashSet<string> Names)[] types =
        [
            .. from file in files
               from type in file.Root.DescendantNodes().OfType<TypeDeclarationSyntax>()
               where type.Parent is BaseNamespaceDeclarationSyntax or CompilationUnitSyntax
               select (file, type, Names(type)),
        ];
        HashSet<string> exposed = [.. s_roots];
        int before;
        do
        {
            before = exposed.Count;
            exposed.UnionWith(
                from one in types
                where one.Names.Overlaps(exposed)
                select one.Type.Identifier.Text);
        }
        while (exposed.Count > before);
        return from one in types
               where one.Names.Overlaps(exposed) && HoldsTests(one.Type)
                   && !one.Type.AttributeLists.Any(a => a.ToString() == Trait)
               select $"{one.File.At(one.Type)}: {one.Type.Identifier} needs {Trait}";
    }

    /// <summary>What a type names; an attribute by its whole name as well.</summary>
    private static HashSet<string> Names(TypeDeclarationSyntax type)
    {
        HashSet<string> names =
        [
            .. type.DescendantTokens().Where(t => t.IsKind(SyntaxKind.IdentifierToken))
                .Select(t => t.Text),
            .. type.DescendantNodes().OfType<AttributeSyntax>().Select(a => $"{a.Name}Attribute"),
        ];
        names.Remove(type.Identifier.Text);
        return names;
    }

    private static bool HoldsTests(TypeDeclarationSyntax type) =>
        type.DescendantNodes().OfType<AttributeSyntax>().Any(
            a => a.Name.ToString().EndsWith("Fact", StringComparison.Ordinal)
                || a.Name.ToString().EndsWith("Theory", StringComparison.Ordinal));

    private static CSharpFile Parse(string code) =>
        CSharpFile.Parse("tests/ComputeVoucher.Sample.Tests/Sample.cs", code);
}
