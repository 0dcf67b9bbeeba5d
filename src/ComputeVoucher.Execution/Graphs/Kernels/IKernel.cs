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
