using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Linq;

namespace ComputeVoucher.Cli;

/// <summary>A command or an option that there is not, and the nearest that there is.</summary>
internal static class UnknownWord
{
    /// <summary>The line for the first one, also where help was asked for: the help of another
    /// command is no answer. Null where every word is known.</summary>
    public static string? Describe(ParseResult parsed)
    {
        if (parsed.UnmatchedTokens.Count == 0)
        {
            return null;
        }

        CommandResult at = parsed.CommandResult;
        // What stands behind "=" is a value, and perhaps a secret.
        string word = parsed.UnmatchedTokens[0].Split('=')[0];
        if (word.Length > 1 && word[0] == '-')
        {
            return Describe(at, "option", word, word, OptionsOf(at));
        }

        return at.Command.Subcommands.Count == 0
            ? null
            : Describe(at, "command", PathOf(at) + word, word, at.Command.Subcommands
                .Where(command => !command.Hidden).Select(command => command.Name));
    }

    /// <summary>The words that lead to a command, each with a space behind it.</summary>
    public static string PathOf(CommandResult at)
    {
        string path = "";
        for (CommandResult? here = at; here?.Parent is CommandResult parent; here = parent)
        {
            path = here.Command.Name + " " + path;
        }

        return path;
    }

    private static string Describe(
        CommandResult at, string kind, string shown, string word, IEnumerable<string> known)
    {
        string near = Suggestion.Nearest(word, known) is { } one ? $"; did you mean {one}?" : "";
        return $"unknown {kind} {shown}{near} (see computevoucher {PathOf(at)}--help)";
    }

    /// <summary>Of the command, and those that it inherits.</summary>
    private static IEnumerable<string> OptionsOf(CommandResult at)
    {
        for (CommandResult? here = at; here is not null; here = here.Parent as CommandResult)
        {
            foreach (Option option in here.Command.Options)
            {
                if (here == at || option.Recursive)
                {
                    yield return option.Name;
                }
            }
        }
    }
}
