using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace ComputeVoucher.Node;

/// <summary>One event of the log.</summary>
/// <param name="Time">When.</param>
/// <param name="Level">How grave.</param>
/// <param name="Id">Number and name of the event.</param>
/// <param name="Message">One sentence.</param>
/// <param name="Fields">What stands in the sentence, by name.</param>
/// <param name="DroppedBefore">Events that were dropped before this one.</param>
internal readonly record struct LogLine(
    DateTime Time, LogLevel Level, EventId Id, string Message,
    IReadOnlyList<KeyValuePair<string, object?>>? Fields, long DroppedBefore)
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
            writer.WriteString("time", Time);
            writer.WriteString("level", Level.ToString());
            writer.WriteNumber("event", Id.Id);
            writer.WriteString("name", Id.Name);
            writer.WriteString("message", Message);
            foreach ((string name, object? value) in Fields ?? [])
            {
                if (name != SentenceField)
                {
                    WriteField(writer, name, value);
                }
            }

            if (DroppedBefore > 0)
            {
                writer.WriteNumber("droppedBefore", DroppedBefore);
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
        text.Append(Time.ToString("yyyy-MM-dd HH:mm:ss'Z' ", CultureInfo.InvariantCulture));
        text.Append(LevelWord(Level)).Append(' ');
        foreach (char c in Message)
        {
            text.Append(IsShown(c) ? c : ' ');
        }

        if (DroppedBefore > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $" ({DroppedBefore} lines lost before)");
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
