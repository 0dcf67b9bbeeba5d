using System;
using System.Collections.Generic;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes;

/// <summary>Reads a trace and a model in memory and notes the leaves that it touches.</summary>
internal readonly struct RecordingSource(
    RecordedTrace trace, LeafLog log, RecordedTrace input, LeafLog inputLog,
    Func<WeightId, int, int, byte[]> row,
    SortedDictionary<(WeightId Id, int Layer, int Row), (byte[] Bytes, SortedSet<int> Leaves)> rows)
    : ITraceSource
{
    public long Read(int tensor, TensorType type, ReadOnlySpan<int> dims, int element)
    {
        log.Touch(tensor, element, TraceTree.ElementBytes(type));
        return OpenedTrace.Element(type, trace[tensor].Data, element);
    }

    public byte ReadOrdered(int index)
    {
        inputLog.Touch(0, index, 1);
        return input[0].Data[index];
    }

    public void ReadRow(WeightId id, int layer, int number, int at, Span<byte> bytes)
    {
        if (!rows.TryGetValue((id, layer, number), out (byte[] Bytes, SortedSet<int> Leaves) read))
        {
            rows[(id, layer, number)] = read = (row(id, layer, number), []);
        }

        read.Bytes.AsSpan(at, bytes.Length).CopyTo(bytes);
        _ = read.Leaves.Add(at / TraceTree.LeafBytes);
        _ = read.Leaves.Add((at + bytes.Length - 1) / TraceTree.LeafBytes);
    }
}
