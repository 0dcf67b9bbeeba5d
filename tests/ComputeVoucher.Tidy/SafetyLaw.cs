using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ComputeVoucher.Tidy;

/// <summary>Every unsafe block or member says, in a line that begins "// Safety:", why it is
/// sound.</summary>
public sealed class SafetyLaw
{
    [Fact]
    public void UnsafeCode_SaysWhyItIsSound() => Law.Holds(Repository.Shipped, Unexplained);

    [Fact]
    public void AnUnexplainedBlock_IsCaught() =>
        Law.Catches("class C { void F() { unsafe { } } }", Unexplained);

    [Fact]
    public void AnExplainedMethod_IsAllowed() =>
        Law.Allows(
            "class C {\n// Safety: p spans n bytes.\nunsafe void F(byte* p) { } }", Unexplained);

    /// <summary>A type marked unsafe explains itself once for its members.</summary>
    private static IEnumerable<string> Unexplained(CSharpFile file)
    {
        foreach (SyntaxNode node in file.Root.DescendantNodes())
        {
            bool isUnsafe = node is UnsafeStatementSyntax
                || (node is MemberDeclarationSyntax member
                    && member.Modifiers.Any(SyntaxKind.UnsafeKeyword));
            if (isUnsafe && !node.AncestorsAndSelf().Any(IsExplained))
            {
                yield return $"{file.At(node)}: unsafe without a line \"// Safety: why\" above it";
            }
        }
    }

    private static bool IsExplained(SyntaxNode node) =>
        node is UnsafeStatementSyntax or MemberDeclarationSyntax
        && node.GetLeadingTrivia().ToFullString().Contains("Safety:", StringComparison.Ordinal);
}
