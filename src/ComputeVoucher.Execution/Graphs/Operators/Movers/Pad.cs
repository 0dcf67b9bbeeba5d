using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// PAD: the input inside a border of the output's zero point (reference_ops::Pad).
/// </summary>
internal sealed class Pad : Operator
{
    private readonly int[] _after;

    /// <param name="wiring">Place and tensors.</param>
    /// <param name="before">(rank): border before each dimension.</param>
    /// <param name="after">(rank): border after each dimension.</param>
    public Pad(Wiring wiring, ReadOnlySpan<int> before, ReadOnlySpan<int> after)
        : base(wiring)
    {
        Before = before.ToArray();
        _after = after.ToArray();
        Require(Input.Rank == Output.Rank, "input and output differ in rank");
        for (int i = 0; i < Input.Rank; i++)
        {
            Require(
                before[i] >= 0 && after[i] >= 0
                    && (long)before[i] + Input[i] + after[i] == Output[i],
                $"dimension {i}: {before[i]} + {Input[i]} + {after[i]} is not {Output[i]}");
        }
    }

    public override OperatorKind Kind => OperatorKind.Pad;

    /// <summary>(rank): border before each dimension.</summary>
    public int[] Before { get; }

    public override ulong Units => (ulong)Output.Elements * CostTable.MoveElement;

    public override ElementReads Reads => new(1, 1, 1);

    public override void WriteAttributes(ref AttributeWriter writer)
    {
        for (int i = 0; i < GraphTensor.RankMax; i++)
        {
            writer.Write(i < Before.Length ? Before[i] : 0);
        }

        for (int i = 0; i < GraphTensor.RankMax; i++)
        {
            writer.Write(i < _after.Length ? _after[i] : 0);
        }
    }

    public override sbyte Element<TReader>(ref TReader reader, int index)
    {
        int from = 0;
        int stride = 1;
        for (int i = Input.Rank - 1; i >= 0; i--)
        {
            (index, int place) = Math.DivRem(index, Output[i]);
            place -= Before[i];
            if ((uint)place >= (uint)Input[i])
            {
                return (sbyte)Output.ZeroPoint;
            }

            from += place * stride;
            stride *= Input[i];
        }

        return reader.Read(0, from);
    }
}
