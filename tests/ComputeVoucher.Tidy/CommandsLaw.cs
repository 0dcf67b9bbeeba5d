using System;
using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Linq;
using System.Text.RegularExpressions;
using ComputeVoucher.Cli;

namespace ComputeVoucher.Tidy;

/// <summary>What a page or script tells its reader to type exists: commands, their options and
/// their required options, asked from the program itself; words and options of the two
/// scripts.</summary>
public sealed partial class CommandsLaw
{
    private static readonly RootCommand s_root = CommandTree.Create();

    [Fact]
    public void Commands_AreKnownToTheProgram() => Law.Holds(MarkdownFile.All, Unknown);

    [Fact]
    public void TheScriptsCommands_AreKnownToTheProgram() =>
        Law.Holds(
            Repository.Files(".sh"),
            p => Repository.Read(p).Split('\n')
                .SelectMany(l => ScriptCommand().Matches(l))
                .SelectMany(m => Faults(Words(m.Groups[1].Value), isWhole: false))
                .Select(f => $"{p}: {f}"));

    [Theory]
    [InlineData("```\ncomputevoucher frobnicate FILE\n```")]
    [InlineData("```\ncomputevoucher serve --confug node.json\n```")]
    [InlineData("```\ncomputevoucher channel open --node 0x00\n```")]
    [InlineData("see `computevoucher key make`")]
    [InlineData("see `computevoucher serve --fast`")]
    [InlineData("`./test.sh slowly`")]
    [InlineData("```\n./run.sh --no-such-option\n```")]
    public void AnUnknownCommand_IsCaught(string text) =>
        Assert.NotEmpty(Unknown(MarkdownFile.Parse("README.md", text)));

    [Theory]
    [InlineData("```\ncomputevoucher serve --config node.json    # any key\n```")]
    [InlineData("```\ncomputevoucher key new \\\n  node.key\n```")]
    [InlineData("see `computevoucher key new` and `computevoucher --help`")]
    [InlineData("`./test.sh fast`, `./run.sh --model FILE`, `./run.sh build`")]
    public void AKnownCommand_IsAllowed(string text) =>
        Assert.Empty(Unknown(MarkdownFile.Parse("README.md", text)));

    private static IEnumerable<string> Unknown(MarkdownFile file)
    {
        string before = "";
        foreach (MarkdownLine line in file.Lines)
        {
            string text = before + line.Text;
            before = line.IsCode && text.EndsWith('\\') ? text[..^1] : "";
            if (before.Length > 0)
            {
                continue;
            }

            IEnumerable<string> typed = line.IsCode
                ? [Comment().Replace(text, "")]
                : Span().Matches(text).Select(m => m.Groups[1].Value);
            foreach (string fault in typed.SelectMany(t => Typed(t.Trim(), line.IsCode)))
            {
                yield return $"{file.At(line)}: {fault}";
            }
        }
    }

    private static IEnumerable<string> Typed(string text, bool isWhole)
    {
        string[] words = Words(text);
        return words switch
        {
            ["computevoucher" or "artifacts/computevoucher", .. string[] rest] =>
                Faults(rest, isWhole),
            ["./run.sh" or "./test.sh", .. string[] rest] => ScriptFaults(words[0][2..], rest),
            _ => [],
        };
    }

    /// <summary>A whole command is parsed as the program parses it; one in a script or in a
    /// sentence may leave things out, so its path and its options alone are looked up.</summary>
    private static IEnumerable<string> Faults(string[] words, bool isWhole)
    {
        if (isWhole)
        {
            return s_root.Parse(words).Errors.Select(e => e.Message);
        }

        Command command = s_root;
        List<Option> options = [.. s_root.Options];
        List<string> faults = [];
        bool isPath = true;
        foreach (string word in words)
        {
            if (word.StartsWith('-'))
            {
                isPath = false;
                if (!options.Any(o => o.Name == word || o.Aliases.Contains(word)))
                {
                    faults.Add($"{command.Name} has no option {word}");
                }
            }
            else if (isPath && command.Subcommands.Count > 0)
            {
                if (command.Subcommands.FirstOrDefault(c => c.Name == word) is not { } next)
                {
                    faults.Add($"{command.Name} has no command {word}");
                    break;
                }

                command = next;
                options.AddRange(command.Options);
            }
        }

        return faults;
    }

    /// <summary>Words and options of a script are the labels of its case statements.</summary>
    private static IEnumerable<string> ScriptFaults(string script, string[] words)
    {
        string[] known =
        [
            .. from Match label in Label().Matches(Repository.Read(script))
               from word in label.Groups[1].Value.Split('|')
               select word.Trim(),
        ];
        bool isPath = true;
        foreach (string word in words)
        {
            bool isOption = word.StartsWith('-');
            if ((isOption || (isPath && char.IsLower(word[0]))) && !known.Contains(word))
            {
                yield return $"{script} does not know {word}";
            }

            isPath &= !isOption;
        }
    }

    private static string[] Words(string text) => [.. CommandLineParser.SplitCommandLine(text)];

    [GeneratedRegex(@"`([^`]+)`")]
    private static partial Regex Span();

    [GeneratedRegex(@"\s#.*$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"""\$CV"" ([a-z][a-z -]*)")]
    private static partial Regex ScriptCommand();

    [GeneratedRegex(@"^\s*([\w|*-]+)\)", RegexOptions.Multiline)]
    private static partial Regex Label();
}
