using System;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// QUANTIZE between two 8-bit scales: out = clamp(zero + requantize(in − zero))
/// (reference_ops::Requantize; its flip of the sign bit for equal scales is the same number).
/// </summary>
internal sealed class Quantize : Operator
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

    public override sbyte Element<TReader>(ref TReader reader, int index) =>
        Of(reader.Read(0, index));

    /// <summary>The output byte of an input byte.</summary>
    public sbyte Of(sbyte x)
    {
        int value = Input.Type == TensorType.UInt8 ? (byte)x : x;
        int scaled = _rescale.Apply(value - Input.ZeroPoint) + Output.ZeroPoint;
        return (sbyte)Math.Clamp(scaled, Output.Min, Output.Max);
    }
}
