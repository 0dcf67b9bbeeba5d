using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using ComputeVoucher.Client;
using ComputeVoucher.Execution;

namespace ComputeVoucher.Cli;

/// <summary>What a run of orders amounted to. Thread safe while orders come in.</summary>
internal sealed class RequestFigures
{
    /// <summary>A percentile of fewer orders than it takes to have one would be the greatest under
    /// another name.</summary>
    private static readonly (string Name, double Share, int RunsMin)[] s_percentiles =
        [("p50", 0.50, 2), ("p90", 0.90, 10), ("p99", 0.99, 100), ("max", 1, 1)];

    private readonly Lock _lock = new();
    private readonly byte[]?[] _outputs;
    private readonly List<double> _latencyMicros = [];
    private UInt128 _units;
    private long _start;
    private TimeSpan _elapsed;

    public RequestFigures(int count) => _outputs = new byte[]?[count];

    /// <summary>Wanted.</summary>
    public int Orders => _outputs.Length;

    public int Refused { get; private set; }

    /// <summary>Orders with a receipt.</summary>
    public int Served => _latencyMicros.Count;

    /// <summary>One line on the first order that was refused; null when all were served.</summary>
    public string? FirstRefusal { get; private set; }

    /// <summary>Of the orders that were served.</summary>
    public Latencies Latencies => new(_latencyMicros);

    /// <summary>From the first order to the last ack.</summary>
    public TimeSpan Elapsed => _elapsed;

    public void Begin() => _start = TimeProvider.System.GetTimestamp();

    public void End() => _elapsed = TimeProvider.System.GetElapsedTime(_start);

    public void Add(OrderOutcome outcome)
    {
        if (outcome.IsStopped)
        {
            return;
        }

        lock (_lock)
        {
            if (outcome.Refusal is { } line)
            {
                Refused++;
                FirstRefusal ??= line;
                return;
            }

            _outputs[outcome.Index] = outcome.Output;
            _units += outcome.Receipt.Units;
            _latencyMicros.Add(outcome.Latency.TotalMicroseconds);
        }
    }

    /// <summary>All answers, in the order of the inputs.</summary>
    public byte[] Outputs()
    {
        using MemoryStream all = new();
        foreach (byte[]? output in _outputs)
        {
            all.Write(output);
        }

        return all.ToArray();
    }

    /// <summary>The answers of a language model, without their prompts.</summary>
    public List<string> Texts(Tokenizer tokenizer)
    {
        List<string> texts = [];
        foreach (byte[]? output in _outputs)
        {
            int[] ids = new int[(output?.Length ?? 0) / 4];
            for (int i = 0; i < ids.Length; i++)
            {
                ids[i] = BinaryPrimitives.ReadInt32LittleEndian(output.AsSpan(4 * i));
            }

            texts.Add(tokenizer.Decode(ids));
        }

        return texts;
    }

    public Report Report(ClientJournal journal, OrderRunner runner, NodeConnection node)
    {
        Latencies latencies = Latencies;
        return new Report()
            .Add("orders", Orders)
            .Add("served", latencies.Count)
            .Add("refused", Refused)
            .Add("units", _units)
            .Add("ackedUnits", runner.AckedUnits)
            .Add("nextSeq", journal.NextSeq)
            .Add("connections", node.Connections)
            .Add("seconds", _elapsed.TotalSeconds)
            .Add("ordersPerSecond", latencies.Count / _elapsed.TotalSeconds)
            .Add("latencyMicros", LatencyReport());
    }

    /// <summary>The percentiles that so many orders have.</summary>
    internal Report LatencyReport()
    {
        Latencies latencies = Latencies;
        Report micros = new();
        foreach ((string name, double share, int runsMin) in s_percentiles)
        {
            _ = latencies.Count >= runsMin ? micros.Add(name, latencies.At(share)) : micros;
        }

        return micros;
    }
}
