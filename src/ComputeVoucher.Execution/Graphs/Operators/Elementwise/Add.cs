using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// ADD of two quantized tensors, broadcast where a dimension is 1: both sides are scaled to a
/// common fixed point with 20 spare bits, added, and scaled to the output
/// (reference_integer_ops::Add).
/// </summary>
internal sealed partial class Add : Operator
{
    /// <summary>Spare bits that the reference gives 8-bit operands.</summary>
    private const int SpareBits = 20;

    private readonly Rescale _first;
    private readonly Rescale _second;
    private readonly Rescale _sum;
    private readonly Activation _activation;

    public Add(Wiring wiring, Rescale first, Rescale second, Rescale sum, Activation activation)
        : base(wiring)
    {
        _first = first;
        _second = second;
        _sum = sum;
        _activation = activation;
        activation.Check(wiring, Kind);
        foreach (Rescale rescale in (ReadOnlySpan<Rescale>)[first, second, sum])
        {
            AccumulatorBound.CheckMultiplier(wiring, Kind, rescale.Multiplier, rescale.Shift);
            Require(rescale.Shift <= 0, $"its scales differ by more than 2 to the {SpareBits}");
        }

        for (int i = 1; i <= GraphTensor.RankMax; i++)
        {
            int a = Extent(Wiring.Inputs[0], i);
            int b = Extent(Wiring.Inputs[1], i);
            Require(
                (a == b || a == 1 || b == 1) && Extent(Output, i) == Math.Max(a, b),
                $"{Wiring.Inputs[0]} and {Wiring.Inputs[1]} do not add up to {Output}");
        }

        Require(
            Output.Rank == Math.Max(Wiring.Inputs[0].Rank, Wiring.Inputs[1].Rank),
            $"{Wiring.Inputs[0]} and {Wiring.Inputs[1]} do not add up to {Output}");
    }

    public override OperatorKind Kind => OperatorKind.Add;

    public override ulong Units => (ulong)Output.Elements * CostTable.AddElement;

    public override ElementReads Reads => new(2, 1, 1);

    public override void WriteAttributes(ref AttributeWriter writer)
    {
        _first.Write(ref writer);
        _second.Write(ref writer);
        _sum.Write(ref writer);
        _activation.Write(ref writer);
    }

    public override void Run(
        ReadOnlySpan<sbyte> first, ReadOnlySpan<sbyte> second, Span<sbyte> output)
    {
        if (first.Length == output.Length && second.Length == output.Length)
        {
            for (int i = 0; i < output.Length; i++)
            {
                output[i] = Element(first[i], second[i]);
            }

            return;
        }

        for (int i = 0; i < output.Length; i++)
        {
            output[i] = Element(
                first[Offset(i, Wiring.Inputs[0])], second[Offset(i, Wiring.Inputs[1])]);
        }
    }

    private sbyte Element(int a, int b)
    {
        int left = _first.Apply((a - Wiring.Inputs[0].ZeroPoint) << SpareBits);
        int right = _second.Apply((b - Wiring.Inputs[1].ZeroPoint) << SpareBits);
        return (sbyte)Math.Clamp(
            _sum.Apply(left + right) + Output.ZeroPoint, _activation.Min, _activation.Max);
    }

    /// <summary>Extent of the i-th dimension from the end; 1 beyond the first.</summary>
    private static int Extent(GraphTensor tensor, int i) =>
        i <= tensor.Rank ? tensor[tensor.Rank - i] : 1;

    /// <summary>Where output element n finds its operand in a broadcast tensor.</summary>
    private int Offset(int n, GraphTensor operand)
    {
        int offset = 0;
        int stride = 1;
        for (int i = 1; i <= Output.Rank; i++)
        {
            int extent = Extent(operand, i);
            offset += extent == 1 ? 0 : n % Extent(Output, i) * stride;
            n /= Extent(Output, i);
            stride *= extent;
        }

        return offset;
    }
}
