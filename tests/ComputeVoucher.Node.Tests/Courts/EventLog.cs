using System;
using System.Collections.Generic;
using Microsoft.Extensions.Logging;

namespace ComputeVoucher.Node.Tests.Courts;

/// <summary>The numbers of the events that were told.</summary>
internal sealed class EventLog : ILogger
{
    public List<int> Events { get; } = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state,
        Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (Events)
        {
            Events.Add(eventId.Id);
        }
    }

    public int Count(int number) => Events.FindAll(one => one == number).Count;
}
