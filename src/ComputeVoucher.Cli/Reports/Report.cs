using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Cli;

/// <summary>
/// What a command found, in the order it was added: printed as aligned lines, or with
/// <c>--json</c> as one object on one line. Amounts (units, tokens, wei) are JSON strings whatever
/// their size: they may be beyond 2^53, where a reader with doubles rounds. Counts, blocks and
/// times are numbers; text shows times as dates.
/// </summary>
internal sealed class Report
{
    private const ulong ExactInDoubleMax = 1UL << 53;

    private static readonly JsonWriterOptions s_json =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<(string Key, object? Value)> _entries = [];

    public Report Add(string key, string? value) => AddValue(key, value);

    public Report Add(string key, bool value) => AddValue(key, value);

    public Report Add(string key, long value) => AddValue(key, (Int128)value);

    public Report Add(string key, uint value) => AddValue(key, (Int128)value);

    public Report Add(string key, ulong value) => AddValue(key, (Int128)value);

    /// <summary>An amount.</summary>
    public Report Add(string key, UInt128 value) => AddValue(key, value);

    /// <summary>An amount.</summary>
    public Report Add(string key, UInt256 value) => AddValue(key, value.ToString());

    /// <summary>Unix seconds; 0 where it never was, or is not set.</summary>
    public Report AddTime(string key, ulong seconds) => AddValue(key, new Time(seconds));

    /// <summary>Figures of measurements: three digits after the point.</summary>
    public Report Add(string key, double value) => AddValue(key, value);

    public Report Add(string key, IReadOnlyList<Report> rows) => AddValue(key, rows);

    public Report Add(string key, Report nested) => AddValue(key, nested);

    public Report Add(string key, IReadOnlyList<string> values) => AddValue(key, values);

    /// <summary>Writes to standard output and flushes.</summary>
    public void Print(bool json)
    {
        string text = json ? ToJson() + "\n" : ToText();
        Console.Out.Write(StandardOutput.IsTerminal ? SafeText.Escape(text) : text);
        Console.Out.Flush();
    }

    public string ToJson()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, s_json))
        {
            WriteJson(writer);
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    public string ToText()
    {
        StringBuilder text = new();
        WriteText(text, "");
        return text.ToString();
    }

    private Report AddValue(string key, object? value)
    {
        _entries.Add((key, value));
        return this;
    }

    private void WriteJson(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        foreach ((string key, object? value) in _entries)
        {
            writer.WritePropertyName(key);
            WriteJsonValue(writer, value);
        }

        writer.WriteEndObject();
    }

    private static void WriteJsonValue(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null: writer.WriteNullValue(); break;
            case bool flag: writer.WriteBooleanValue(flag); break;
            case Time time: writer.WriteNumberValue(time.Seconds); break;
            case double figure: writer.WriteNumberValue(Math.Round(figure, 3)); break;
            case Int128 number when Int128.Abs(number) <= ExactInDoubleMax:
                writer.WriteNumberValue((long)number);
                break;
            case Report nested: nested.WriteJson(writer); break;
            case IReadOnlyList<Report> rows:
                writer.WriteStartArray();
                foreach (Report row in rows)
                {
                    row.WriteJson(writer);
                }

                writer.WriteEndArray();
                break;
            case IReadOnlyList<string> values:
                writer.WriteStartArray();
                foreach (string item in values)
                {
                    writer.WriteStringValue(item);
                }

                writer.WriteEndArray();
                break;
            default: writer.WriteStringValue(Plain(value)); break;
        }
    }

    private void WriteText(StringBuilder text, string indent)
    {
        int width = 0;
        foreach ((string key, _) in _entries)
        {
            width = Math.Max(width, key.Length);
        }

        foreach ((string key, object? value) in _entries)
        {
            text.Append(indent).Append(key);
            switch (value)
            {
                case Report nested:
                    text.Append('\n');
                    nested.WriteText(text, indent + "  ");
                    break;
                case IReadOnlyList<Report> rows:
                    text.Append(rows.Count == 0 ? "  none\n" : "\n");
                    foreach (Report row in rows)
                    {
                        text.Append(indent).Append("  ").Append(row.OneLine()).Append('\n');
                    }

                    break;
                default:
                    text.Append(' ', width - key.Length + 2).Append(Plain(value)).Append('\n');
                    break;
            }
        }
    }

    private string OneLine()
    {
        StringBuilder line = new();
        foreach ((string key, object? value) in _entries)
        {
            line.Append(line.Length == 0 ? "" : "  ").Append(key).Append(' ').Append(Plain(value));
        }

        return line.ToString();
    }

    private static string Plain(object? value) => value switch
    {
        null => "-",
        bool flag => flag ? "yes" : "no",
        double figure => figure.ToString("0.###", CultureInfo.InvariantCulture),
        Time { Seconds: 0 } => "never",
        Time time => time.ToDate(),
        Int128 number => number.ToString(CultureInfo.InvariantCulture),
        IReadOnlyList<string> values => string.Join(", ", values),
        Report nested => nested.OneLine(),
        _ => value.ToString() ?? "",
    };

    /// <summary>A point in time, unix seconds.</summary>
    private readonly record struct Time(ulong Seconds)
    {
        /// <summary>The last second that has a date.</summary>
        private static readonly ulong s_last =
            (ulong)DateTimeOffset.MaxValue.ToUnixTimeSeconds();

        public string ToDate() => Seconds > s_last
            ? Seconds.ToString(CultureInfo.InvariantCulture)
            : DateTimeOffset.FromUnixTimeSeconds((long)Seconds)
                .ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
    }
}
