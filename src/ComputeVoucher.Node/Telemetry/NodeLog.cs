using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using Microsoft.Extensions.Logging;

namespace ComputeVoucher.Node;

/// <summary>
/// A line per event on standard error, as <see cref="LogLine"/> writes it. Written by a thread of
/// its own; when whoever reads standard error is slow, lines are dropped and counted, and the node
/// goes on.
/// </summary>
public sealed class NodeLog : ILogger, IDisposable
{
    /// <summary>Lines that may wait; some 200 KiB.</summary>
    private const int LinesMax = 1_024;

    /// <summary>How long the last lines may take at the end.</summary>
    private const int CloseMs = 500;

    private readonly BlockingCollection<byte[]> _lines = new(LinesMax);
    private volatile LogLevel _level;
    private readonly LogFormat _format;
    private readonly TimeProvider _time;
    private readonly Thread _writer;
    private long _dropped;

    /// <param name="level">Least level that is written.</param>
    /// <param name="format">For machines or for people.</param>
    /// <param name="destination">Standard error.</param>
    /// <param name="time">Dates the lines.</param>
    public NodeLog(LogLevel level, LogFormat format, Stream destination, TimeProvider time)
    {
        (_level, _format, _time) = (level, format, time);
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
        if (!IsEnabled(logLevel))
        {
            return;
        }

        long dropped = Interlocked.Exchange(ref _dropped, 0);
        LogLine line = new(_time.GetUtcNow().UtcDateTime, logLevel, eventId,
            formatter(state, exception), state as IReadOnlyList<KeyValuePair<string, object?>>,
            dropped);
        if (!TryAdd(_format == LogFormat.Json ? line.ToJson() : line.ToText()))
        {
            Interlocked.Add(ref _dropped, dropped + 1);
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

    private bool TryAdd(byte[] line)
    {
        try
        {
            return _lines.TryAdd(line);
        }
        catch (InvalidOperationException)
        {
            // Closed: a worker that ends late is not to die of its last line.
            return false;
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
