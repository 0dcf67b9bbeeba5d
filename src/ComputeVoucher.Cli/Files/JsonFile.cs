using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text.Json;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Cli;

/// <summary>
/// A small JSON object on disk with known fields: every error names the file and the field, and a
/// field that is not known is refused.
/// </summary>
internal sealed class JsonFile
{
    /// <summary>The files hold a few addresses and numbers.</summary>
    private const int FileBytesMax = 64 << 10;

    private const int DepthMax = 4;

    private readonly Dictionary<string, JsonElement> _fields = [];
    private readonly string _path;

    private JsonFile(string path) => _path = path;

    /// <param name="path">The file.</param>
    /// <param name="writtenBy">The command that writes such files, for the remedy.</param>
    /// <param name="known">Every field that may appear.</param>
    /// <exception cref="CommandException">Missing, too large, not JSON, unknown field.</exception>
    public static JsonFile Load(string path, string writtenBy, params string[] known)
    {
        FileInfo info = new(path);
        if (!info.Exists)
        {
            throw new CommandException($"{path}: no such file (write it with: {writtenBy})");
        }

        JsonFile file = new(path);
        try
        {
            using JsonDocument document = JsonDocument.Parse(
                BoundedFile.Read(path, FileBytesMax),
                new JsonDocumentOptions { MaxDepth = DepthMax });
            file.Take(document.RootElement.Clone(), known);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // The second is how System.Text.Json reports text that is not UTF-8.
            throw new CommandException($"{path}: not JSON: {failure.Message}", failure);
        }

        return file;
    }

    public bool Has(string field) => _fields.ContainsKey(field);

    /// <summary>An object in a field, read like a file.</summary>
    /// <param name="field">Its name.</param>
    /// <param name="known">Every field that may appear in it.</param>
    public JsonFile Inside(string field, params string[] known)
    {
        JsonFile inside = new($"{_path}: {field}");
        inside.Take(_fields[field], known);
        return inside;
    }

    public Address Address(string field) => Parse(field, text => Primitives.Address.Parse(text));

    public Bytes32 Bytes32(string field) => Parse(field, text => Primitives.Bytes32.Parse(text));

    public string Text(string field) => Parse(field, text => text);

    /// <summary>A whole number, as a JSON number or a decimal string.</summary>
    public UInt128 Number(string field, UInt128 max)
    {
        UInt128 value = Parse(field, text =>
            UInt128.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture));
        return value <= max
            ? value
            : throw new CommandException($"{_path}: {field} is {value}, at most {max} is possible");
    }

    private T Parse<T>(string field, Func<string, T> parse)
    {
        if (!_fields.TryGetValue(field, out JsonElement value))
        {
            throw new CommandException($"{_path}: the field {field} is missing");
        }

        try
        {
            return parse(value.ValueKind switch
            {
                JsonValueKind.String => value.GetString() ?? "",
                JsonValueKind.Number => value.GetRawText(),
                _ => throw new CommandException(
                    $"{_path}: {field} is a {value.ValueKind}, text or a number is wanted"),
            });
        }
        catch (Exception failure) when (failure is FormatException or OverflowException
            or InvalidOperationException)
        {
            throw new CommandException($"{_path}: {field}: {failure.Message}", failure);
        }
    }

    private void Take(JsonElement root, string[] known)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new CommandException($"{_path}: a JSON object is wanted");
        }

        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (Array.IndexOf(known, property.Name) < 0)
            {
                string? near = Suggestion.Nearest(property.Name, known);
                throw new CommandException($"{_path}: unknown field {property.Name}"
                    + (near is null ? "" : $" (did you mean {near}?)"));
            }

            _fields[property.Name] = property.Value;
        }
    }
}
