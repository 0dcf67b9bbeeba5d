using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace ComputeVoucher.Node;

/// <summary>One event of the log.</summary>
/// <param name="time">When.</param>
/// <param name="level">How grave.</param>
/// <param name="id">Number and name of the event.</param>
/// <param name="message">One sentence.</param>
/// <param name="fields">What stands in the sentence, by name.</param>
/// <param name="droppedBefore">Events that were dropped before this one.</param>
internal sealed class LogLine(
    DateTime time, LogLevel level, EventId id, string message,
    IReadOnlyList<KeyValuePair<string, object?>>? fields, long droppedBefore)
{
    /// <summary>The sentence itself, which the logging adds to its fields.</summary>
    private const string SentenceField = "{OriginalFormat}";

    /// <summary>An object for machines.</summary>
    public byte[] ToJson()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("time", time);
            writer.WriteString("level", level.ToString());
            writer.WriteNumber("event", id.Id);
            writer.WriteString("name", id.Name);
            writer.WriteString("message", message);
            foreach ((string name, object? value) in fields ?? [])
            {
                if (name != SentenceField)
                {
                    WriteField(writer, name, value);
                }
            }

            if (droppedBefore > 0)
            {
                writer.WriteNumber("droppedBefore", droppedBefore);
            }

            writer.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    /// <summary>Time, level and sentence for people; what would move the cursor of a terminal, or
    /// turn its text around, becomes a space.</summary>
    public byte[] ToText()
    {
        StringBuilder text = new();
        text.Append(time.ToString("yyyy-MM-dd HH:mm:ss'Z' ", CultureInfo.InvariantCulture));
        text.Append(LevelWord(level)).Append(' ');
        foreach (char c in message)
        {
            text.Append(IsShown(c) ? c : ' ');
        }

        if (droppedBefore > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $" ({droppedBefore} lines lost before)");
        }

        return Encoding.UTF8.GetBytes(text.Append('\n').ToString());
    }

    private static bool IsShown(char c) => CharUnicodeInfo.GetUnicodeCategory(c)
        is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    /// <summary>Five letters, so that the sentences begin in one column.</summary>
    private static string LevelWord(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info ",
        LogLevel.Warning => "WARN ",
        LogLevel.Error => "ERROR",
        _ => "FATAL",
    };

    private static void WriteField(Utf8JsonWriter writer, string name, object? value)
    {
        switch (value)
        {
            case int number: writer.WriteNumber(name, number); break;
            case uint number: writer.WriteNumber(name, number); break;
            case long number: writer.WriteNumber(name, number); break;
            case ulong number: writer.WriteNumber(name, number); break;
            case ushort number: writer.WriteNumber(name, number); break;
            default: writer.WriteString(name, value?.ToString()); break;
        }
    }
}

/// <summary>For whom the log is written.</summary>
public enum LogFormat
{
    /// <summary>An object a line, with every field, for machines.</summary>
    Json,

    /// <summary>Time, level and sentence, for people.</summary>
    Text,
}
