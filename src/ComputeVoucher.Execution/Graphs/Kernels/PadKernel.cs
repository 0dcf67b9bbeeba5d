using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>PAD by whole rows.</summary>
// Safety: see IKernel; the declared borders place every input row inside the output.
internal sealed unsafe class PadKernel(Pad op) : IKernel
{
    private readonly Box _inside = new(op.Input.Dims.ToArray(), op.Output.Strides());

    public long ScratchBytes => 0;

    public void Run(ReadOnlySpan<TensorView> inputs, sbyte* output, byte* scratch)
    {
        Span<sbyte> all = new(output, op.Output.Elements);
        all.Fill((sbyte)op.Output.ZeroPoint);
        int origin = 0;
        for (int i = 0; i < op.Input.Rank; i++)
        {
            origin += op.Before[i] * _inside.Strides[i];
        }

        ReadOnlySpan<sbyte> input = inputs[0].Span;
        int row = op.Input.Last;
        for (int from = 0; from < input.Length; from += row)
        {
            input.Slice(from, row).CopyTo(all[(origin + _inside.OffsetOf(from))..]);
        }
    }
}
