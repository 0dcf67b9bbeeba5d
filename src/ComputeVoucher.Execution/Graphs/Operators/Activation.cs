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
