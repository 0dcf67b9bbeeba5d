using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>The definition itself: the oracle of all other kernels.</summary>
// Safety: see IKernel; the output has the declared size.
internal sealed unsafe class DefinitionKernel(Operator op) : IKernel
{
    public long ScratchBytes => 0;

    public void Run(ReadOnlySpan<TensorView> inputs, sbyte* output, byte* scratch) => op.Run(
        new TensorReader(inputs, op.Parameters), new Span<sbyte>(output, op.Output.Elements));
}
