using System;
using System.IO;
using System.Text;
using System.Text.Json;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using Microsoft.Extensions.Logging;

namespace ComputeVoucher.Node.Tests;

[Trait("Category", "load")]
public sealed class JsonLogTests
{
    [Fact]
    public void Log_Event_OneLineWithItsFields()
    {
        using MemoryStream written = new();
        using (JsonLog log = new(LogLevel.Information, written, new ManualClock()))
        {
            log.ConflictKept(Bytes32.Zero, 5);
            log.OrderRefused(142, "below the level", Bytes32.Zero, 5);
        }

        string[] lines = Encoding.UTF8.GetString(written.ToArray())
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        using JsonDocument line = JsonDocument.Parse(Assert.Single(lines));
        Assert.Equal(LogEvents.ConflictKept, line.RootElement.GetProperty("event").GetInt32());
        Assert.Equal(5, line.RootElement.GetProperty("Seq").GetInt32());
        Assert.Equal("ConflictKept", line.RootElement.GetProperty("name").GetString());
    }

    [Fact]
    public void Log_ReaderIsStuck_NodeGoesOn()
    {
        using StuckStream stuck = new();
        using JsonLog log = new(LogLevel.Trace, stuck, new ManualClock());
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
