using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using System.Threading;
using Microsoft.Extensions.Logging;

namespace ComputeVoucher.Node;

/// <summary>
/// A line of JSON per event on standard error: time, level, event id and name, message, and the
/// message's fields. Written by a thread of its own; when whoever reads standard error is slow,
/// lines are dropped and counted, and the node goes on.
/// </summary>
public sealed class JsonLog : ILogger, IDisposable
{
    /// <summary>Lines that may wait; some 200 KiB.</summary>
    private const int LinesMax = 1_024;

    /// <summary>How long the last lines may take at the end.</summary>
    private const int CloseMs = 500;

    private readonly BlockingCollection<byte[]> _lines = new(LinesMax);
    private volatile LogLevel _level;
    private readonly TimeProvider _time;
    private readonly Thread _writer;
    private long _dropped;

    public JsonLog(LogLevel level, Stream destination, TimeProvider time)
    {
        (_level, _time) = (level, time);
        _writer = new Thread(() => Write(destination)) { Name = "log", IsBackground = true };
        _writer.Start();
    }

    /// <summary>Least level that is written; may change at any time.</summary>
    public LogLevel Level
    {
        get => _level;
        set => _level = value;
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= _level && logLevel != LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state,
        Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel) || _lines.IsAddingCompleted)
        {
            return;
        }

        byte[] line = Format(logLevel, eventId, formatter(state, exception),
            state as IReadOnlyList<KeyValuePair<string, object?>>);
        if (!_lines.TryAdd(line))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    public void Dispose()
    {
        _lines.CompleteAdding();
        if (_writer.Join(CloseMs))
        {
            _lines.Dispose();
        }
    }

    private byte[] Format(LogLevel level, EventId id, string message,
        IReadOnlyList<KeyValuePair<string, object?>>? fields)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("time", _time.GetUtcNow().UtcDateTime);
            writer.WriteString("level", level.ToString());
            writer.WriteNumber("event", id.Id);
            writer.WriteString("name", id.Name);
            writer.WriteString("message", message);
            foreach ((string name, object? value) in fields ?? [])
            {
                if (name != "{OriginalFormat}")
                {
                    WriteField(writer, name, value);
                }
            }

            long dropped = Interlocked.Exchange(ref _dropped, 0);
            if (dropped > 0)
            {
                writer.WriteNumber("droppedBefore", dropped);
            }

            writer.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

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

    private void Write(Stream destination)
    {
        try
        {
            foreach (byte[] line in _lines.GetConsumingEnumerable())
            {
                destination.Write(line);
                destination.Flush();
            }
        }
        catch (IOException)
        {
            // Whoever read it is gone; the node is not told to stop for that.
        }
    }
}
