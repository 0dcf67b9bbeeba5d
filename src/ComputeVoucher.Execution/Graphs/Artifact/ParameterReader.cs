using System;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// The parameters section of a `.cvm` file: layers in source order, each as
/// (channels) bias, (channels) multiplier, (channels) shift, all i32 LE, then (channels, weights)
/// i8. Nothing in it says how long it is: the architecture does.
/// </summary>
internal sealed class ParameterReader(ReadOnlyMemory<byte> section) : IParameterSource
{
    private const int ChannelBytes = 12;

    private ReadOnlyMemory<byte> _rest = section;

    /// <summary>All of the section was taken.</summary>
    public bool AtEnd => _rest.IsEmpty;

    /// <summary>The section of a graph.</summary>
    public static byte[] Write(Graph graph)
    {
        long bytes = 0;
        foreach (Operator op in graph.ParameterLayers)
        {
            bytes += op.Parameters!.Weights.Length + ChannelBytes * (long)op.Parameters.Channels;
        }

        byte[] section = new byte[bytes];
        Span<byte> rest = section;
        foreach (Operator op in graph.ParameterLayers)
        {
            ChannelParameters parameters = op.Parameters!;
            rest = WriteInts(rest, parameters.Bias);
            rest = WriteInts(rest, parameters.Multiplier);
            rest = WriteInts(rest, parameters.Shift);
            MemoryMarshal.AsBytes(parameters.Weights.AsSpan()).CopyTo(rest);
            rest = rest[parameters.Weights.Length..];
        }

        return section;
    }

    public ChannelParameters Take(int channels, long weightsPerChannel)
    {
        if (channels <= 0 || weightsPerChannel <= 0 || weightsPerChannel > _rest.Length
            || channels * (ChannelBytes + weightsPerChannel) > _rest.Length)
        {
            throw new ModelException("the parameters are damaged: fewer than the architecture has");
        }

        int[] bias = TakeInts(channels);
        int[] multiplier = TakeInts(channels);
        int[] shift = TakeInts(channels);
        int bytes = (int)(channels * weightsPerChannel);
        sbyte[] weights = MemoryMarshal.Cast<byte, sbyte>(_rest.Span[..bytes]).ToArray();
        _rest = _rest[bytes..];
        return new ChannelParameters(weights, bias, multiplier, shift);
    }

    private int[] TakeInts(int count)
    {
        int[] values = new int[count];
        ReadOnlySpan<byte> from = _rest.Span;
        for (int i = 0; i < count; i++)
        {
            values[i] = BinaryPrimitives.ReadInt32LittleEndian(from[(4 * i)..]);
        }

        _rest = _rest[(4 * count)..];
        return values;
    }

    private static Span<byte> WriteInts(Span<byte> to, ReadOnlySpan<int> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(to[(4 * i)..], values[i]);
        }

        return to[(4 * values.Length)..];
    }
}

/// <summary>Gives layers their parameters in source order.</summary>
internal interface IParameterSource
{
    /// <exception cref="ModelException">Not that many are left.</exception>
    ChannelParameters Take(int channels, long weightsPerChannel);
}
