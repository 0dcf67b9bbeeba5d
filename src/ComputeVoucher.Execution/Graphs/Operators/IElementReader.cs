using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// What a definition reads, one number at a time: whole tensors in memory, or the leaves that a
/// dispute opened. Definitions take it as a struct, so that the compiler inlines it.
/// </summary>
internal interface IElementReader
{
    /// <summary>One byte of an input tensor of the operator.</summary>
    sbyte Read(int input, int index);

    /// <summary>One output channel's parameters: one parameter leaf of the model root.</summary>
    Channel Channel(int channel);
}

/// <summary>Reads whole tensors in memory.</summary>
/// <param name="inputs">The operator's inputs, in order.</param>
/// <param name="parameters">Those of the operator, or null.</param>
internal readonly ref struct TensorReader(
    ReadOnlySpan<TensorView> inputs, ChannelParameters? parameters) : IElementReader
{
    private readonly ReadOnlySpan<TensorView> _inputs = inputs;
    private readonly ReadOnlySpan<sbyte> _first = inputs[0].Span;

    public sbyte Read(int input, int index) =>
        input == 0 ? _first[index] : _inputs[input].Span[index];

    public Channel Channel(int channel) => parameters![channel];
}

/// <summary>A whole tensor in the memory of a session: its bytes in order.</summary>
// Safety: made only by who owns the memory, for the time of one run.
internal readonly unsafe struct TensorView(sbyte* data, int elements)
{
    public sbyte* Data { get; } = data;

    public Span<sbyte> Span => new(Data, elements);
}
