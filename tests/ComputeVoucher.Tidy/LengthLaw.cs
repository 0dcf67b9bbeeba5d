using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ComputeVoucher.Tidy;

/// <summary>Lines of at most 100 characters, functions of at most 70 lines.</summary>
public sealed class LengthLaw
{
    private const int LineCharactersMax = 100;
    private const int FunctionLinesMax = 70;

    /// <summary>
    /// Kernels are exempt: an unrolled inner loop is one thought. They are the files of one
    /// instruction set.
    /// </summary>
    private static readonly string[] s_kernelEndings = [".Avx2.cs", ".Cuda.cs"];

    [Fact]
    public void Lines_AreShort() => Law.Holds(Repository.Sources, LongLines);

    [Fact]
    public void SolidityLines_AreShort() =>
        Law.Holds(
            Repository.Files(".sol"),
            p => Repository.Read(p).Split('\n')
                .Select((line, i) => (line, i))
                .Where(l => l.line.Length > LineCharactersMax)
                .Select(l => $"{p}:{l.i + 1}: {l.line.Length} characters, at most 100"));

    [Fact]
    public void Functions_AreShort() => Law.Holds(Repository.Sources, LongFunctions);

    [Fact]
    public void ALongLine_IsCaught() => Law.Catches("// " + new string('x', 98), LongLines);

    [Fact]
    public void ALongFunction_IsCaught() =>
        Law.Catches(
            "class C { void F() {" + string.Concat(Enumerable.Repeat("\n G();", 70)) + "\n} }",
            LongFunctions);

    private static IEnumerable<string> LongLines(CSharpFile file)
    {
        for (int i = 0; i < file.Lines.Length; i++)
        {
            if (file.Lines[i].Length > LineCharactersMax)
            {
                yield return $"{file.Path}:{i + 1}: {file.Lines[i].Length} characters, at most 100";
            }
        }
    }

    private static IEnumerable<string> LongFunctions(CSharpFile file)
    {
        if (s_kernelEndings.Any(e => file.Path.EndsWith(e, StringComparison.Ordinal)))
        {
            yield break;
        }

        foreach (SyntaxNode node in file.Root.DescendantNodes())
        {
            if (node is not (BaseMethodDeclarationSyntax or LocalFunctionStatementSyntax
                or AccessorDeclarationSyntax))
            {
                continue;
            }

            FileLinePositionSpan span = node.GetLocation().GetLineSpan();
            int lines = span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
            if (lines > FunctionLinesMax)
            {
                yield return $"{file.At(node)}: a function of {lines} lines, at most 70; split it";
            }
        }
    }
}
