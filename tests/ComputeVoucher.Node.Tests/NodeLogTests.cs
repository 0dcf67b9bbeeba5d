using System;
using System.IO;
using System.Text;
using System.Text.Json;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using Microsoft.Extensions.Logging;

namespace ComputeVoucher.Node.Tests;

[Trait("Category", "load")]
public sealed class NodeLogTests
{
    [Fact]
    public void Log_Event_OneLineWithItsFields()
    {
        using MemoryStream written = new();
        using (NodeLog log = new(LogLevel.Information, LogFormat.Json, written, new ManualClock()))
        {
            log.ConflictKept(Bytes32.Zero, 5);
            log.OrderRefused(LogLevel.Debug, 142, "below the level", Bytes32.Zero, 5, 0);
        }

        string[] lines = Encoding.UTF8.GetString(written.ToArray())
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        using JsonDocument line = JsonDocument.Parse(Assert.Single(lines));
        Assert.Equal(LogEvents.ConflictKept, line.RootElement.GetProperty("event").GetInt32());
        Assert.Equal(5, line.RootElement.GetProperty("Seq").GetInt32());
        Assert.Equal("ConflictKept", line.RootElement.GetProperty("name").GetString());
    }

    [Fact]
    public void Log_ForPeople_TimeLevelSentence()
    {
        using MemoryStream written = new();
        using (NodeLog log = new(
            LogLevel.Information, LogFormat.Text, written, new ManualClock()))
        {
            log.ChainAway("it says \u001b]0;title\u0007\u202e and\nmore");
            log.Ready();
        }

        string time = $"{new ManualClock().GetUtcNow():yyyy-MM-dd HH:mm:ss}Z";
        Assert.Equal(
            $"{time} WARN  no orders are taken: it says  ]0;title   and more\n{time} info  ready\n",
            Encoding.UTF8.GetString(written.ToArray()));
    }

    [Fact]
    public void Refusals_OfOneReason_OneLineAWhileWithTheirCount()
    {
        using MemoryStream written = new();
        ManualClock clock = new();
        using (NodeLog log = new(LogLevel.Information, LogFormat.Text, written, clock))
        {
            RefusalLog refusals = new(log, clock);
            for (int i = 0; i < 1_000; i++)
            {
                refusals.Order(150, "short", Bytes32.Zero, 5);
                refusals.Order(110, "unknown", Bytes32.Zero, 5);
                refusals.Request(110, "unknown");
            }

            clock.Advance(TimeSpan.FromSeconds(6));
            refusals.Order(150, "short", Bytes32.Zero, 6);
            refusals.Order(150, "short", Bytes32.Zero, 7);
        }

        string[] lines = Encoding.UTF8.GetString(written.ToArray())
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, lines.Length);
        Assert.Contains("order refused: 150 short", lines[0], StringComparison.Ordinal);
        Assert.Contains("order refused: 110 unknown", lines[1], StringComparison.Ordinal);
        Assert.Contains("request refused: 110 unknown (0 more", lines[2],
            StringComparison.Ordinal);
        Assert.Contains("seq 6 (999 more like it", lines[3], StringComparison.Ordinal);
    }

    /// <summary>A worker that ends after the log must not die of its last line.</summary>
    [Fact]
    public void Log_AfterTheEnd_IsNothing()
    {
        NodeLog log = new(LogLevel.Trace, LogFormat.Json, new MemoryStream(), new ManualClock());
        log.Dispose();
        log.Ready();
    }

    [Fact]
    public void Log_ReaderIsStuck_NodeGoesOn()
    {
        using StuckStream stuck = new();
        using NodeLog log = new(LogLevel.Trace, LogFormat.Json, stuck, new ManualClock());
        for (int i = 0; i < 5_000; i++)
        {
            log.Ready();
        }

        stuck.Open();
    }

    private sealed class StuckStream : MemoryStream
    {
        private readonly System.Threading.ManualResetEventSlim _open = new();

        public void Open() => _open.Set();

        public override void Write(ReadOnlySpan<byte> buffer) => _open.Wait();
    }
}
