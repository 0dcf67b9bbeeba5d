using System;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// QUANTIZE between two 8-bit scales: out = clamp(zero + requantize(in − zero))
/// (reference_ops::Requantize; its flip of the sign bit for equal scales is the same number).
/// </summary>
internal sealed partial class Quantize : Operator
{
    private readonly Rescale _rescale;

    public Quantize(Wiring wiring, Rescale rescale)
        : base(wiring)
    {
        _rescale = rescale;
        Require(Input.Elements == Output.Elements, "shapes differ");
        Require(
            Input.Type == TensorType.Int8 || Output.Type == TensorType.Int8,
            "uint8 to uint8 is not defined");
        AccumulatorBound.CheckMultiplier(wiring, Kind, rescale.Multiplier, rescale.Shift);
        AccumulatorBound.Check(wiring, Kind, Input.MagnitudeMax, rescale.Shift);
    }

    public override OperatorKind Kind => OperatorKind.Quantize;

    public override ulong Units => (ulong)Output.Elements * CostTable.QuantizeElement;

    public override ElementReads Reads => new(1, 1, 1);

    public override void WriteAttributes(ref AttributeWriter writer) => _rescale.Write(ref writer);

    public override void Run(
        ReadOnlySpan<sbyte> first, ReadOnlySpan<sbyte> second, Span<sbyte> output)
    {
        bool unsigned = Input.Type == TensorType.UInt8;
        for (int i = 0; i < first.Length; i++)
        {
            output[i] = Element(unsigned ? (byte)first[i] : first[i]);
        }
    }

    private sbyte Element(int value)
    {
        int scaled = _rescale.Apply(value - Input.ZeroPoint) + Output.ZeroPoint;
        return (sbyte)Math.Clamp(scaled, Output.Min, Output.Max);
    }
}
