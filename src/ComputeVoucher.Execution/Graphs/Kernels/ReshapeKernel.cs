using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>RESHAPE as one copy.</summary>
// Safety: see IKernel; both tensors have the same size.
internal sealed unsafe class ReshapeKernel : IKernel
{
    public long ScratchBytes => 0;

    public void Run(ReadOnlySpan<TensorView> inputs, sbyte* output, byte* scratch)
    {
        Span<sbyte> from = inputs[0].Span;
        from.CopyTo(new Span<sbyte>(output, from.Length));
    }
}
