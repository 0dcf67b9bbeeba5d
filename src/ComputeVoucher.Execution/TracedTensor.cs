using System;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution;

/// <summary>One tensor of the trace, at its place in the trace's list.</summary>
public readonly ref struct TracedTensor
{
    /// <summary>Index in the list that the trace root commits to.</summary>
    public required int ListIndex { get; init; }

    /// <summary>Operator in the source graph, from 0; -1 for an input of the graph.</summary>
    public required int OperatorIndex { get; init; }

    /// <summary>Operator name as the source format spells it; "INPUT" for inputs.</summary>
    public required string Operator { get; init; }

    public required TensorType Type { get; init; }

    public required ReadOnlySpan<int> Dims { get; init; }

    /// <summary>Canonical layout: NHWC, little endian.</summary>
    public required ReadOnlySpan<byte> Data { get; init; }
}
