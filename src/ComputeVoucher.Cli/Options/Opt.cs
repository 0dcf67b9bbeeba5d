using System.CommandLine;

namespace ComputeVoucher.Cli;

/// <summary>Options, each in one line: name, what it means, the word for its value.</summary>
internal static class Opt
{
    public static Option<T> Of<T>(
        string name, string meaning, string value, params string[] aliases) =>
        new(name, aliases) { Description = meaning, HelpName = value };

    public static Option<T> Needed<T>(
        string name, string meaning, string value, params string[] aliases) =>
        new(name, aliases) { Description = meaning, HelpName = value, Required = true };

    public static Option<T> Or<T>(string name, string meaning, string value, T standard) =>
        new(name)
        {
            Description = meaning, HelpName = value, DefaultValueFactory = _ => standard,
        };

    /// <summary>The option's value, within what it may be.</summary>
    public static int Bounded(ParseResult parsed, Option<int> option, int min, int max)
    {
        int value = parsed.GetValue(option);
        return value >= min && value <= max
            ? value
            : throw new UsageException(
                $"{option.Name} {value}: between {min} and {max} is wanted");
    }

    public static Option<bool> Flag(string name, string meaning) =>
        new(name) { Description = meaning };
}
