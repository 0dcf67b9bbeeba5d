using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>A whole tensor in the memory of a session: its bytes in order.</summary>
// Safety: made only by who owns the memory, for the time of one run.
internal readonly unsafe struct TensorView(sbyte* data, int elements)
{
    public sbyte* Data { get; } = data;

    public Span<sbyte> Span => new(Data, elements);
}
