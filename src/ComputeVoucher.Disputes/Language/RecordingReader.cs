using System;
using System.Collections.Generic;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes;

/// <summary>Reads a trace and a model in memory and notes the leaves that it touches.</summary>
internal sealed class RecordingReader(
    LlamaArchitecture model, TraceLayout layout, RecordedTrace trace, RecordedTrace input,
    Func<WeightId, int, int, byte[]> row)
    : TraceReader(model, layout)
{
    /// <summary>Leaves of the trace.</summary>
    public LeafLog Trace { get; } = new();

    /// <summary>Leaves of the record.</summary>
    public LeafLog Input { get; } = new();

    /// <summary>Parameter rows and their leaves.</summary>
    public SortedDictionary<(WeightId, int, int), (byte[] Bytes, SortedSet<int> Leaves)> Rows
    {
        get;
    } = [];

    public override byte Ordered(int index)
    {
        Input.Touch(0, index, 1);
        return input[0].Data[index];
    }

    protected override long Read(
        int tensor, TensorType type, ReadOnlySpan<int> dims, int element)
    {
        Trace.Touch(tensor, element, TraceTree.ElementBytes(type));
        return OpenedTrace.Element(type, trace[tensor].Data, element);
    }

    protected override void ReadRow(WeightId id, int layer, int number, int at, Span<byte> bytes)
    {
        if (!Rows.TryGetValue((id, layer, number), out (byte[] Bytes, SortedSet<int> Leaves) read))
        {
            Rows[(id, layer, number)] = read = (row(id, layer, number), []);
        }

        read.Bytes.AsSpan(at, bytes.Length).CopyTo(bytes);
        _ = read.Leaves.Add(at / TraceTree.LeafBytes);
        _ = read.Leaves.Add((at + bytes.Length - 1) / TraceTree.LeafBytes);
    }
}
