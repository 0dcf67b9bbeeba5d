using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// One operator of a graph: its integers and its definition. Immutable; the constructor of
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
    /// The definition: the byte of one output element, which depends on nothing but what it asks
    /// the reader for.
    /// </summary>
    public abstract sbyte Element<TReader>(ref TReader reader, int index)
        where TReader : struct, IElementReader, allows ref struct;

    /// <summary>All elements, one after the other.</summary>
    public virtual void Run(TensorReader reader, Span<sbyte> output)
    {
        for (int i = 0; i < output.Length; i++)
        {
            output[i] = Element(ref reader, i);
        }
    }

    protected void Require(bool holds, string otherwise) =>
        Wiring.Require(holds, Kind, otherwise);
}

/// <summary>
/// Where the input elements of one output element lie: so many runs of so many adjacent bytes, all
/// inside one span. A proof opens either the runs or the span, whichever is smaller.
/// </summary>
/// <param name="Runs">Runs of adjacent elements, over all inputs.</param>
/// <param name="RunBytes">Bytes of the longest run.</param>
/// <param name="SpanBytes">Bytes from the first to the last element, per input.</param>
internal readonly record struct ElementReads(long Runs, long RunBytes, long SpanBytes);
