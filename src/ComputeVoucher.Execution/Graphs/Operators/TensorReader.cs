using System;

namespace ComputeVoucher.Execution.Graphs;

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
