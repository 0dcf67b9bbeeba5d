using System;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// Where the bytes come from that a definition reads: a trace in memory, or openings. All of it
/// little endian, as committed.
/// </summary>
internal interface ITraceSource
{
    /// <summary>Bytes of a tensor of the trace's list.</summary>
    ReadOnlySpan<byte> Tensor(int index, int at, int length);

    /// <summary>Bytes of a parameter row, see <see cref="LlamaRoots"/>.</summary>
    ReadOnlySpan<byte> Row(WeightId id, int layer, int row, int at, int length);

    /// <summary>Bytes of the record that was ordered.</summary>
    ReadOnlySpan<byte> Ordered(int at, int length);
}
