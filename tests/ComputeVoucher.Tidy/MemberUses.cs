using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ComputeVoucher.Tidy;

/// <summary>Which members are declared, and which names stand somewhere else, in one walk over the
/// files. A static member goes by type and name ("Limits.RowsMax") where no interface can ask for
/// it; everything else by its name alone.</summary>
internal sealed class MemberUses : CSharpSyntaxWalker
{
    private readonly List<(string Key, string Where)> _declared = [];
    private readonly HashSet<string> _used = [];
    private readonly List<string> _types = [];
    private readonly List<string> _members = [];
    private string[] _opened = [];
    private CSharpFile? _file;

    public IEnumerable<(string Key, string Where)> Unused =>
        from member in _declared
        where !_used.Contains(member.Key) && !_used.Contains(WithoutAttribute(member.Key))
        select member;

    public void Read(CSharpFile file)
    {
        _file = file;
        _opened = [.. file.Root.ChildNodes().OfType<UsingDirectiveSyntax>()
            .Where(u => u.StaticKeyword.IsKind(SyntaxKind.StaticKeyword))
            .Select(u => u.Name!.GetLastToken().Text)];
        Visit(file.Root);
    }

    public override void Visit(SyntaxNode? node)
    {
        string? name = node is null ? null : NameOf(node);
        if (name is null)
        {
            base.Visit(node);
            return;
        }

        string key = KeyOf(node!, name);
        if (IsChecked(node!))
        {
            _declared.Add((key, _file!.At(node!)));
        }

        bool isType = node is TypeDeclarationSyntax;
        _members.Add(key);
        _types.AddRange(isType ? [name] : []);
        base.Visit(node);
        _types.RemoveRange(_types.Count - (isType ? 1 : 0), isType ? 1 : 0);
        _members.RemoveAt(_members.Count - 1);
    }

    public override void VisitIdentifierName(IdentifierNameSyntax node) => Use(node);

    public override void VisitGenericName(GenericNameSyntax node)
    {
        Use(node);
        base.VisitGenericName(node);
    }

    private void Use(SimpleNameSyntax use)
    {
        string name = use.Identifier.Text;
        UseKey(name);
        IEnumerable<string> owners = use.Parent switch
        {
            MemberAccessExpressionSyntax access when access.Name == use =>
                [LastName(access.Expression)],
            QualifiedNameSyntax qualified when qualified.Right == use =>
                [LastName(qualified.Left)],
            _ => _types.Concat(_opened),
        };
        foreach (string owner in owners)
        {
            UseKey($"{owner}.{name}");
        }
    }

    private static string LastName(ExpressionSyntax owner) => owner switch
    {
        SimpleNameSyntax name => name.Identifier.Text,
        MemberAccessExpressionSyntax access => access.Name.Identifier.Text,
        QualifiedNameSyntax name => name.Right.Identifier.Text,
        _ => "",
    };

    /// <summary>A member that names itself is not used by that.</summary>
    private void UseKey(string key)
    {
        if (!_members.Contains(key))
        {
            _used.Add(key);
        }
    }

    /// <summary>The declared name of what is looked at; null for everything else.</summary>
    private static string? NameOf(SyntaxNode node) => node switch
    {
        ExtensionBlockDeclarationSyntax => null,
        BaseTypeDeclarationSyntax type => type.Identifier.Text,
        DelegateDeclarationSyntax type => type.Identifier.Text,
        MethodDeclarationSyntax method => method.Identifier.Text,
        PropertyDeclarationSyntax property => property.Identifier.Text,
        VariableDeclaratorSyntax
        {
            Parent.Parent: BaseFieldDeclarationSyntax { Modifiers: var modifiers },
        } field when modifiers.Any(SyntaxKind.PublicKeyword)
            || modifiers.Any(SyntaxKind.InternalKeyword)
            || modifiers.Any(SyntaxKind.ConstKeyword) => field.Identifier.Text,
        _ => null,
    };

    private static string KeyOf(SyntaxNode node, string name)
    {
        MemberDeclarationSyntax member = node.FirstAncestorOrSelf<MemberDeclarationSyntax>()!;
        bool isStatic = member.Modifiers.Any(SyntaxKind.StaticKeyword)
            || member.Modifiers.Any(SyntaxKind.ConstKeyword);
        return isStatic && !IsExtension(member)
            && member is not BaseTypeDeclarationSyntax
            && member.Parent is TypeDeclarationSyntax { BaseList: null } type
            && type is not (InterfaceDeclarationSyntax or ExtensionBlockDeclarationSyntax)
                ? $"{type.Identifier.Text}.{name}"
                : name;
    }

    /// <summary>Overrides and explicit implementations answer to a name of somebody else; nobody
    /// writes the name of a class of extensions.</summary>
    private static bool IsChecked(SyntaxNode node) =>
        node is not MethodDeclarationSyntax { ExplicitInterfaceSpecifier: not null }
            and not PropertyDeclarationSyntax { ExplicitInterfaceSpecifier: not null }
        && !(node is MemberDeclarationSyntax member
            && member.Modifiers.Any(SyntaxKind.OverrideKeyword))
        && !(node is ClassDeclarationSyntax type && type.Members.Any(IsExtension));

    private static bool IsExtension(MemberDeclarationSyntax member) =>
        member is ExtensionBlockDeclarationSyntax
        || (member is MethodDeclarationSyntax { ParameterList.Parameters: [var first, ..] }
            && first.Modifiers.Any(SyntaxKind.ThisKeyword));

    private static string WithoutAttribute(string name) =>
        name.EndsWith("Attribute", StringComparison.Ordinal) ? name[..^9] : name;
}
