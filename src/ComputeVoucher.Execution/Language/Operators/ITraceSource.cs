using System;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// What a definition reads from: a trace and a model in memory, or openings of them.
/// </summary>
internal interface ITraceSource
{
    /// <summary>An element of the trace's list, of the type and shape that the layout says.</summary>
    long Read(int tensor, TensorType type, ReadOnlySpan<int> dims, int element);

    /// <summary>Bytes of a parameter row from an offset on, see <see cref="LlamaRoots"/>.</summary>
    void ReadRow(WeightId id, int layer, int row, int at, Span<byte> bytes);

    /// <summary>A byte of the record that was ordered.</summary>
    byte ReadOrdered(int index);
}
