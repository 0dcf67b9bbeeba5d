using System;
using System.Collections.Generic;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes;

/// <summary>Reads what was opened and proven; anything else ends the definition.</summary>
internal sealed class OpenedReader(
    LlamaArchitecture model, TraceLayout layout, OpenedTrace trace, OpenedTrace input,
    Dictionary<(WeightId Id, int Layer, int Row, int Leaf), ReadOnlyMemory<byte>> rows)
    : TraceReader(model, layout)
{
    public override byte Ordered(int index) =>
        (byte)input.Read(0, TensorType.UInt8, Layout.Dims(default), index);

    protected override long Read(
        int tensor, TensorType type, ReadOnlySpan<int> dims, int element) =>
        trace.Read(tensor, type, dims, element);

    protected override void ReadRow(WeightId id, int layer, int row, int at, Span<byte> bytes)
    {
        for (int done = 0; done < bytes.Length;)
        {
            (int leaf, int from) = Math.DivRem(at + done, TraceTree.LeafBytes);
            if (!rows.TryGetValue((id, layer, row, leaf), out ReadOnlyMemory<byte> opened))
            {
                throw new EvidenceException(
                    Verdict.OpeningMissing, $"leaf {leaf} of {id} {layer}, row {row}, is not open");
            }

            int length = Math.Min(bytes.Length - done, TraceTree.LeafBytes - from);
            opened.Span.Slice(from, length).CopyTo(bytes[done..]);
            done += length;
        }
    }
}
