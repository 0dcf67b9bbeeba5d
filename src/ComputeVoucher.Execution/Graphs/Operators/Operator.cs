using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// One operator of a graph: its integers and its scalar definition. Immutable; the constructor of
/// each kind proves that its definition cannot overflow or read outside its tensors.
/// </summary>
internal abstract class Operator(Wiring wiring)
{
    public Wiring Wiring { get; } = wiring;

    public abstract OperatorKind Kind { get; }

    public string Name => OperatorNames.Of(Kind);

    public GraphTensor Input => Wiring.Input;

    public GraphTensor Output => Wiring.Output;

    /// <summary>Weights and biases per output channel; null for operators without any.</summary>
    public virtual ChannelParameters? Parameters => null;

    /// <summary>Multiply-accumulates of one run, padding included.</summary>
    public virtual ulong Macs => 0;

    /// <summary>Compute units of one run, by <see cref="CostTable"/>.</summary>
    public abstract ulong Units { get; }

    /// <summary>Writes the attributes in the order that the architecture digest covers.</summary>
    public abstract void WriteAttributes(ref AttributeWriter writer);

    /// <summary>The input elements that one output element depends on, at most.</summary>
    public abstract ElementReads Reads { get; }

    /// <summary>
    /// The definition: the output from the inputs, element by element. The second input is empty
    /// for all operators but ADD.
    /// </summary>
    public abstract void Run(
        ReadOnlySpan<sbyte> first, ReadOnlySpan<sbyte> second, Span<sbyte> output);

    /// <summary>
    /// A faster way to the same bits on AVX2, weights repacked; null where none is.
    /// </summary>
    public virtual IKernel? CreateAvx2Kernel() => null;

    protected void Require(bool holds, string otherwise) =>
        Wiring.Require(holds, Kind, otherwise);
}
