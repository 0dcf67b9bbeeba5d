using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// TRANSPOSE: output dimension i is input dimension perm[i] (reference_ops::Transpose).
/// </summary>
internal sealed class Transpose : Operator
{
    private readonly int[] _perm;

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

    public override void Run(
        ReadOnlySpan<sbyte> first, ReadOnlySpan<sbyte> second, Span<sbyte> output)
    {
        Span<int> strides = stackalloc int[GraphTensor.RankMax];
        int stride = 1;
        for (int i = Input.Rank - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= Input[i];
        }

        for (int o = 0; o < output.Length; o++)
        {
            int from = 0;
            int n = o;
            for (int i = Output.Rank - 1; i >= 0; i--)
            {
                from += n % Output[i] * strides[_perm[i]];
                n /= Output[i];
            }

            output[o] = first[from];
        }
    }
}
