using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// ADD of two quantized tensors, broadcast where a dimension is 1: both sides are scaled to a
/// common fixed point with 20 spare bits, added, and scaled to the output
/// (reference_integer_ops::Add).
/// </summary>
internal sealed class Add : Operator
{
    /// <summary>Spare bits that the reference gives 8-bit operands.</summary>
    public const int SpareBits = 20;

    private readonly Activation _activation;
    private readonly Box[] _operands;

    public Add(Wiring wiring, Rescale first, Rescale second, Rescale sum, Activation activation)
        : base(wiring)
    {
        First = first;
        Second = second;
        Total = sum;
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
        _operands = [BoxOf(Wiring.Inputs[0]), BoxOf(Wiring.Inputs[1])];
        IsPlain = Array.TrueForAll(Wiring.Inputs, t => t.Elements == Output.Elements);
    }

    public override OperatorKind Kind => OperatorKind.Add;

    public Rescale First { get; }

    public Rescale Second { get; }

    public Rescale Total { get; }

    public OutputEnd End => new(Output, _activation);

    /// <summary>Nothing is broadcast.</summary>
    public bool IsPlain { get; }

    public override ulong Units => (ulong)Output.Elements * CostTable.AddElement;

    public override ElementReads Reads => new(2, 1, 1);

    public override void WriteAttributes(ref AttributeWriter writer)
    {
        First.Write(ref writer);
        Second.Write(ref writer);
        Total.Write(ref writer);
        _activation.Write(ref writer);
    }

    public override sbyte Element<TReader>(ref TReader reader, int index) => IsPlain
        ? Sum(reader.Read(0, index), reader.Read(1, index))
        : Sum(
            reader.Read(0, _operands[0].OffsetOf(index)),
            reader.Read(1, _operands[1].OffsetOf(index)));

    /// <summary>The output byte of two input bytes.</summary>
    public sbyte Sum(int a, int b)
    {
        int left = First.Apply((a - Wiring.Inputs[0].ZeroPoint) << SpareBits);
        int right = Second.Apply((b - Wiring.Inputs[1].ZeroPoint) << SpareBits);
        return End.Of(Total.Apply(left + right));
    }

    /// <summary>Extent of the i-th dimension from the end; 1 beyond the first.</summary>
    private static int Extent(GraphTensor tensor, int i) =>
        i <= tensor.Rank ? tensor[tensor.Rank - i] : 1;

    /// <summary>Where output elements find their operand in a broadcast tensor.</summary>
    private Box BoxOf(GraphTensor operand)
    {
        int[] strides = new int[Output.Rank];
        for (int i = 1; i <= operand.Rank; i++)
        {
            int stride = operand.Strides()[^i];
            strides[^i] = Extent(operand, i) == 1 ? 0 : stride;
        }

        return new(Output.Dims.ToArray(), strides);
    }
}
