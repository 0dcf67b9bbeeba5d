using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>A tensor as the file declares it.</summary>
internal sealed class SourceTensor
{
    public required int Index { get; init; }

    public required string Name { get; init; }

    /// <summary>Number of enum TensorType.</summary>
    public required int Type { get; init; }

    public required int[] Shape { get; init; }

    public required float[] Scales { get; init; }

    public required long[] ZeroPoints { get; init; }

    public required int QuantizedDimension { get; init; }

    /// <summary>Content of a constant; empty for an activation.</summary>
    public required ReadOnlyMemory<byte> Data { get; init; }

    public bool IsConstant => !Data.IsEmpty;

    public float Scale => Scales[0];

    public int ZeroPoint => (int)ZeroPoints[0];
}
