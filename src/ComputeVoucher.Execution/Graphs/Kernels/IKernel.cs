using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>One operator as a back-end runs it, equal bit for bit to its definition.</summary>
internal interface IKernel
{
    /// <summary>Scratch that a run needs, in bytes; aligned to 64.</summary>
    long ScratchBytes { get; }

    /// <summary>
    /// Fills the output from the inputs in their order. Pointers address whole tensors of the
    /// declared sizes, and a scratch of at least <see cref="ScratchBytes"/>; the scratch is
    /// neither read before it is written nor kept.
    /// </summary>
    // Safety: the session plans the memory so, once, from the same declarations.
    unsafe void Run(ReadOnlySpan<TensorView> inputs, sbyte* output, byte* scratch);
}

/// <summary>The definition itself: the oracle of all other kernels.</summary>
// Safety: see IKernel; the output has the declared size.
internal sealed unsafe class DefinitionKernel(Operator op) : IKernel
{
    public long ScratchBytes => 0;

    public void Run(ReadOnlySpan<TensorView> inputs, sbyte* output, byte* scratch) => op.Run(
        new TensorReader(inputs, op.Parameters), new Span<sbyte>(output, op.Output.Elements));
}
