using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ComputeVoucher.Tidy;

/// <summary>Types are sealed, static or abstract, and a file is named after what it
/// holds.</summary>
public sealed class TypesLaw
{
    [Fact]
    public void Classes_AreSealedStaticOrAbstract() => Law.Holds(Repository.Shipped, Open);

    [Fact]
    public void Files_AreNamedAfterWhatTheyHold() => Law.Holds(Repository.Shipped, Misnamed);

    [Fact]
    public void AnOpenClass_IsCaught() => Law.Catches("internal class C { }", Open);

    [Fact]
    public void AMisnamedFile_IsCaught() => Law.Catches("internal sealed class C { }", Misnamed);

    [Fact]
    public void AWellNamedFile_IsAllowed() =>
        Law.Allows("internal sealed class Sample { }", Misnamed);

    private static IEnumerable<string> Open(CSharpFile file) =>
        from type in file.Root.DescendantNodes().OfType<TypeDeclarationSyntax>()
        where type is ClassDeclarationSyntax
            || (type is RecordDeclarationSyntax record
                && !record.ClassOrStructKeyword.IsKind(SyntaxKind.StructKeyword))
        where !type.Modifiers.Any(m => m.Kind() is SyntaxKind.SealedKeyword
            or SyntaxKind.StaticKeyword or SyntaxKind.AbstractKeyword)
        where !IsPartOfAnother(file, type)
        select $"{file.At(type)}: class {type.Identifier} is open; seal it";

    /// <summary>A partial declaration may leave the modifier to the file that holds the
    /// contract.</summary>
    private static bool IsPartOfAnother(CSharpFile file, TypeDeclarationSyntax type) =>
        type.Modifiers.Any(SyntaxKind.PartialKeyword)
        && Repository.Shipped.Any(f => f.Path != file.Path && f.Root.DescendantNodes()
            .OfType<TypeDeclarationSyntax>()
            .Any(t => t.Identifier.Text == type.Identifier.Text
                && t.Modifiers.Any(m => m.Kind() is SyntaxKind.SealedKeyword
                    or SyntaxKind.StaticKeyword or SyntaxKind.AbstractKeyword)));

    /// <summary>MatMul.Avx2.cs holds MatMul; a file of top-level types holds one of its own
    /// name.</summary>
    private static IEnumerable<string> Misnamed(CSharpFile file)
    {
        string name = System.IO.Path.GetFileName(file.Path).Split('.')[0];
        string[] types =
        [
            .. file.Root.DescendantNodes().OfType<MemberDeclarationSyntax>()
                .Where(t => t.Parent is BaseNamespaceDeclarationSyntax or CompilationUnitSyntax)
                .Select(t => t switch
                {
                    BaseTypeDeclarationSyntax b => b.Identifier.Text,
                    DelegateDeclarationSyntax d => d.Identifier.Text,
                    _ => "",
                })
                .Where(t => t.Length > 0),
        ];
        return types.Length == 0 || types.Contains(name)
            ? []
            : [$"{file.Path}: holds {string.Join(", ", types)}; name the file after one of them"];
    }
}
