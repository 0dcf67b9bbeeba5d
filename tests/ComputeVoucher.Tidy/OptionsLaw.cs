using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ComputeVoucher.Tidy;

/// <summary>Only the binary knows its options: a library that names one in an error speaks to
/// readers who may never see a command line.</summary>
public sealed partial class OptionsLaw
{
    private const string Binary = "src/ComputeVoucher.Cli/";

    [Fact]
    public void Libraries_NameNoOption() =>
        Law.Holds(
            Repository.Shipped.Where(
                f => !f.Path.StartsWith(Binary, StringComparison.Ordinal)),
            Options);

    [Theory]
    [InlineData("throw new E(\"the key is another; --spend-key is needed\");")]
    [InlineData("throw new E(\"--node is missing\");")]
    [InlineData("throw new E($\"{name}: see `--help`\");")]
    public void AnOption_IsCaught(string statement) =>
        Law.Catches("class C { void F(string name) { " + statement + " } }", Options);

    [Theory]
    [InlineData("F(\"a -- b\");")]
    [InlineData("F(\"---\"); // --option")]
    public void Dashes_AreAllowed(string statement) =>
        Law.Allows("class C { void F(string name) { " + statement + " } }", Options);

    private static IEnumerable<string> Options(CSharpFile file) =>
        from token in file.Root.DescendantTokens()
        where token.Kind() is SyntaxKind.StringLiteralToken
            or SyntaxKind.InterpolatedStringTextToken
            or SyntaxKind.Utf8StringLiteralToken
            or SyntaxKind.MultiLineRawStringLiteralToken
            or SyntaxKind.SingleLineRawStringLiteralToken
        let option = Option().Match(token.ValueText)
        where option.Success
        let line = token.GetLocation().GetLineSpan().StartLinePosition.Line + 1
        select $"{file.Path}:{line}: a library names {option.Value}; say what is wanted instead";

    [GeneratedRegex(@"(?<![\w-])--[a-z][a-z-]+")]
    private static partial Regex Option();
}
