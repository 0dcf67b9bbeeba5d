using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace ComputeVoucher.Cli;

/// <summary>
/// One JSON file with environment variables over it (prefix <c>CV_</c>, sections parted by two
/// underscores: <c>CV_NODE__LISTEN</c>). A key that is not in <see cref="ConfigKeys"/> is refused
/// by name: a setting that is silently ignored is the worst kind.
/// </summary>
internal sealed class ConfigFile
{
    public const string EnvironmentPrefix = "CV_";

    /// <summary>A configuration is a page of text; a larger file is a mistake.</summary>
    private const int FileBytesMax = 1 << 20;

    /// <summary>Entries of one list: models, classes, endpoints.</summary>
    private const int ListEntriesMax = 256;

    private readonly IConfigurationRoot _root;
    private readonly string _path;

    private ConfigFile(IConfigurationRoot root, string path)
    {
        _root = root;
        _path = path;
    }

    /// <exception cref="CommandException">Missing, not JSON, or an unknown key.</exception>
    public static ConfigFile Load(string path)
    {
        FileInfo file = new(path);
        if (!file.Exists)
        {
            throw new CommandException($"{path}: no such configuration file "
                + "(computevoucher serve --print-config-help lists the keys)");
        }

        try
        {
            using MemoryStream json = new(BoundedFile.Read(path, FileBytesMax));
            IConfigurationRoot root = new ConfigurationBuilder()
                .AddJsonStream(json)
                .AddInMemoryCollection(FromEnvironment())
                .Build();
            ConfigFile config = new(root, path);
            config.RefuseUnknown();
            return config;
        }
        catch (Exception failure) when (failure is FormatException or JsonException
            or InvalidOperationException)
        {
            string reason = (failure.InnerException ?? failure).Message;
            throw new CommandException($"{path}: not a JSON configuration: {reason}", failure);
        }
    }

    /// <summary>The text of a key, or its default.</summary>
    /// <exception cref="CommandException">The key has no default and is not given.</exception>
    public string Text(string name)
    {
        ConfigKey key = Find(name);
        return _root[name] ?? key.Default
            ?? throw new CommandException($"{_path}: {name} is missing ({key.Meaning})");
    }

    public IReadOnlyList<string> Texts(string name)
    {
        List<string> values = [];
        foreach (IConfigurationSection entry in _root.GetSection(name).GetChildren())
        {
            values.Add(entry.Value ?? "");
        }

        if (values.Count == 0)
        {
            values.AddRange(Text(name).Split(',', StringSplitOptions.RemoveEmptyEntries
                | StringSplitOptions.TrimEntries));
        }

        return values.Count is > 0 and <= ListEntriesMax
            ? values
            : throw new CommandException($"{_path}: {name} holds {values.Count} entries, "
                + $"between 1 and {ListEntriesMax} are wanted");
    }

    /// <summary>URLs, which hold keys: a wrong one is counted, not printed.</summary>
    public IReadOnlyList<Uri> Urls(string name)
    {
        List<Uri> urls = [];
        foreach (string text in Texts(name))
        {
            urls.Add(Uri.TryCreate(text, UriKind.Absolute, out Uri? url)
                ? url
                : throw new CommandException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{_path}: {name}: entry {urls.Count + 1} is no URL, as ")
                    + "http://127.0.0.1:8545"));
        }

        return urls;
    }

    public ulong Number(string name, ulong min, ulong max)
    {
        string text = Text(name);
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture,
            out ulong value) && value >= min && value <= max
            ? value
            : throw new CommandException(
                $"{_path}: {name} is \"{text}\", a whole number from {min} to {max} is "
                    + $"wanted{UnitOf(name)}");
    }

    public bool Flag(string name) => Text(name).ToUpperInvariant() switch
    {
        "TRUE" => true,
        "FALSE" => false,
        string other => throw new CommandException(
            $"{_path}: {name} is \"{other}\", true or false is wanted"),
    };

    /// <summary>Names of the keys whose values are not the other file's.</summary>
    public IEnumerable<string> DiffersIn(ConfigFile other) =>
        from key in ConfigKeys.All
        where Flat(key.Name) != other.Flat(key.Name)
        select key.Name;

    /// <summary>The other file with one value of this one.</summary>
    public ConfigFile Taking(ConfigFile other, string name)
    {
        other._root[name] = _root[name];
        return other;
    }

    /// <summary>A path of the file, taken relative to the folder the file is in.</summary>
    public string ResolvePath(string value) =>
        Path.Combine(Path.GetDirectoryName(Path.GetFullPath(_path)) ?? "/", value);

    /// <summary>Parses one value, and says which key it came from when it does not parse.</summary>
    public T Parse<T>(string name, string text, Func<string, T> parse)
    {
        try
        {
            return parse(text);
        }
        catch (Exception failure) when (failure is FormatException or ArgumentException
            or OverflowException)
        {
            throw new CommandException(
                $"{_path}: {name} is \"{text}\": {failure.Message}", failure);
        }
    }

    /// <summary>The table printed by <c>serve --print-config-help</c>.</summary>
    public static string Help()
    {
        StringBuilder text = new("One JSON file; paths in it are relative to its folder. An "
            + "environment variable goes over it:\nnode:listen is CV_NODE__LISTEN. Lists may be "
            + "written \"a,b\" there.\n\n");
        foreach (ConfigKey key in ConfigKeys.All)
        {
            string standard = key.Default switch
            {
                null => "required",
                "" => "default empty",
                _ => $"default {key.Default}",
            };
            string unit = key.Unit.Length == 0 ? "" : $", {key.Unit}";
            text.Append(CultureInfo.InvariantCulture,
                $"{key.Name}\n    {key.Meaning} ({Shape(key.Type)}{unit}; {standard})\n");
        }

        return text.ToString();
    }

    /// <summary>Variables that name a section and a key; CV_SOMETHING alone is not ours.</summary>
    private static Dictionary<string, string?> FromEnvironment()
    {
        Dictionary<string, string?> values = [];
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            string name = (string)variable.Key;
            if (name.StartsWith(EnvironmentPrefix, StringComparison.Ordinal)
                && name.Contains("__", StringComparison.Ordinal))
            {
                string key = name[EnvironmentPrefix.Length..];
                values[key.Replace("__", ":", StringComparison.Ordinal)] = (string?)variable.Value;
            }
        }

        return values;
    }

    private static string Shape(ConfigType type) => type switch
    {
        ConfigType.Texts => "list",
        ConfigType.Number => "whole number",
        ConfigType.Flag => "true or false",
        _ => "text",
    };

    /// <summary>Everything that stands under a name.</summary>
    private string Flat(string name)
    {
        List<string> lines = [];
        foreach ((string key, string? value) in _root.AsEnumerable())
        {
            if (string.Equals(key, name, StringComparison.OrdinalIgnoreCase)
                || key.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
            {
                lines.Add($"{key}={value}");
            }
        }

        lines.Sort(StringComparer.Ordinal);
        return string.Join('\n', lines);
    }

    private static string UnitOf(string name) =>
        Find(name).Unit is { Length: > 0 } unit ? $" ({unit})" : "";

    private static ConfigKey Find(string name) =>
        ConfigKeys.All.First(key => key.Name == name);

    private void RefuseUnknown()
    {
        foreach ((string name, string? value) in _root.AsEnumerable())
        {
            // A section with something in it is judged by what is in it: by whole keys.
            bool isFilled = value is null && _root.GetSection(name).GetChildren().Any();
            if (isFilled || ConfigKeys.All.Any(known => Covers(known, name, value is null)))
            {
                continue;
            }

            string shown = WithoutIndex(name);
            string? near = Suggestion.Nearest(shown, ConfigKeys.All.Select(known => known.Name)
                .Concat(ConfigKeys.All.Select(known => known.Name.Split(':')[0])));
            throw new CommandException($"{_path}: unknown configuration key {shown}"
                + (near is null ? "" : $" (did you mean {near}?)"));
        }
    }

    /// <summary>The key of a list, of one entry's name: "a:b" of "a:b:0".</summary>
    private static string WithoutIndex(string name)
    {
        int last = name.LastIndexOf(':');
        return last > 0 && last < name.Length - 1
            && name.AsSpan(last + 1).IndexOfAnyExceptInRange('0', '9') < 0
            ? name[..last]
            : name;
    }

    // A section shows up as a name without a value: "chain" belongs to "chain:rpc".
    private static bool Covers(ConfigKey known, string name, bool section) =>
        string.Equals(name, known.Name, StringComparison.OrdinalIgnoreCase)
        || (known.Type == ConfigType.Texts
            && name.StartsWith(known.Name + ":", StringComparison.OrdinalIgnoreCase)
            && name.AsSpan(known.Name.Length + 1).IndexOfAnyExceptInRange('0', '9') < 0)
        || (section && known.Name.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase));
}
