using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// TRANSPOSE: output dimension i is input dimension perm[i] (reference_ops::Transpose).
/// </summary>
internal sealed class Transpose : Operator
{
    private readonly int[] _perm;
    private readonly Box _box;

    public Transpose(Wiring wiring, ReadOnlySpan<int> perm)
        : base(wiring)
    {
        _perm = perm.ToArray();
        Require(
            perm.Length == Input.Rank && perm.Length == Output.Rank,
            $"permutation of {perm.Length} for {Input}");
        int seen = 0;
        for (int i = 0; i < perm.Length; i++)
        {
            Require(
                perm[i] >= 0 && perm[i] < perm.Length && (seen >> perm[i] & 1) == 0,
                "its permutation names a dimension twice or not at all");
            seen |= 1 << perm[i];
            Require(Output[i] == Input[perm[i]], $"{Input} does not transpose to {Output}");
        }

        int[] strides = Input.Strides();
        _box = new(Output.Dims.ToArray(), Array.ConvertAll(_perm, i => strides[i]));
    }

    public override OperatorKind Kind => OperatorKind.Transpose;

    public override ulong Units => (ulong)Output.Elements * CostTable.MoveElement;

    public override ElementReads Reads => new(1, 1, 1);

    public override void WriteAttributes(ref AttributeWriter writer)
    {
        foreach (int dimension in _perm)
        {
            writer.Write(dimension);
        }
    }

    public override sbyte Element<TReader>(ref TReader reader, int index) =>
        reader.Read(0, _box.OffsetOf(index));
}
