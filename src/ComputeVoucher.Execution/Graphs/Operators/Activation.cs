using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>A fused activation: the output is clamped to this range.</summary>
internal readonly record struct Activation(int Min, int Max)
{
    public static Activation Read(ref AttributeReader reader) => new(reader.Read(), reader.Read());

    public void Write(ref AttributeWriter writer)
    {
        writer.Write(Min);
        writer.Write(Max);
    }

    /// <summary>Refuses a range outside the output's, or an empty one.</summary>
    public void Check(Wiring wiring, OperatorKind kind) =>
        wiring.Require(
            wiring.Output.Min <= Min && Min <= Max && Max <= wiring.Output.Max,
            kind,
            $"activation range {Min} to {Max}");
}

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
