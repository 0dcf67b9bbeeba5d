using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>Zero point and clamp of a layer's output.</summary>
internal readonly record struct OutputEnd(int ZeroPoint, int Min, int Max)
{
    public OutputEnd(GraphTensor output, Activation activation)
        : this(output.ZeroPoint, activation.Min, activation.Max)
    {
    }

    /// <summary>The output's byte from a sum on the output's scale.</summary>
    public sbyte Of(int scaled) => (sbyte)Math.Clamp(scaled + ZeroPoint, Min, Max);
}
