namespace ComputeVoucher.Execution.Graphs;

/// <summary>A fixed-point factor: multiplier · 2^(shift − 31).</summary>
internal readonly record struct Rescale(int Multiplier, int Shift)
{
    public static Rescale Read(ref AttributeReader reader) => new(reader.Read(), reader.Read());

    public int Apply(int x) =>
        FixedPoint.MultiplyByQuantizedMultiplier(x, Multiplier, Shift);

    public void Write(ref AttributeWriter writer)
    {
        writer.Write(Multiplier);
        writer.Write(Shift);
    }
}
