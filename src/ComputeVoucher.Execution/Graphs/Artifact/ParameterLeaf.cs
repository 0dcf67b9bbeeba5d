using System;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// One output channel's parameters as the model root commits to them:
/// <code>
///  at  bytes
///   0      1  tag 06
///   1      4  operator, from 0        u32 LE
///   5      4  output channel, from 0  u32 LE
///   9      4  weights k               u32 LE
///  13      4  bias                    i32 LE
///  17      4  multiplier              i32 LE
///  21      4  shift                   i32 LE
///  25      k  weights                 i8: filter row, filter column, depth
/// </code>
/// </summary>
internal static class ParameterLeaf
{
    /// <summary>Bytes before the weights.</summary>
    public const int FixedBytes = 25;

    private const byte Tag = 0x06;

    /// <summary>Writes a leaf into the head of the buffer; gives its length.</summary>
    public static int Write(Span<byte> leaf, int layer, int channel, ChannelParameters parameters)
    {
        int count = parameters.WeightsPerChannel;
        leaf[0] = Tag;
        BinaryPrimitives.WriteInt32LittleEndian(leaf[1..], layer);
        BinaryPrimitives.WriteInt32LittleEndian(leaf[5..], channel);
        BinaryPrimitives.WriteInt32LittleEndian(leaf[9..], count);
        BinaryPrimitives.WriteInt32LittleEndian(leaf[13..], parameters.Bias[channel]);
        BinaryPrimitives.WriteInt32LittleEndian(leaf[17..], parameters.Multiplier[channel]);
        BinaryPrimitives.WriteInt32LittleEndian(leaf[21..], parameters.Shift[channel]);
        MemoryMarshal.AsBytes(parameters.Weights.AsSpan(channel * count, count))
            .CopyTo(leaf[FixedBytes..]);
        return FixedBytes + count;
    }

    /// <summary>Whether a leaf is that of one channel of one layer, with so many weights.</summary>
    public static bool IsOf(ReadOnlySpan<byte> leaf, int layer, int channel, int weights) =>
        leaf.Length == FixedBytes + weights && leaf[0] == Tag
            && BinaryPrimitives.ReadInt32LittleEndian(leaf[1..]) == layer
            && BinaryPrimitives.ReadInt32LittleEndian(leaf[5..]) == channel
            && BinaryPrimitives.ReadInt32LittleEndian(leaf[9..]) == weights;

    public static Channel Read(ReadOnlySpan<byte> leaf) => new(
        MemoryMarshal.Cast<byte, sbyte>(leaf[FixedBytes..]),
        BinaryPrimitives.ReadInt32LittleEndian(leaf[13..]),
        BinaryPrimitives.ReadInt32LittleEndian(leaf[17..]),
        BinaryPrimitives.ReadInt32LittleEndian(leaf[21..]));

    public static Bytes32 Hash(Span<byte> scratch, int layer, int channel, ChannelParameters p) =>
        Keccak256.Hash(scratch[..Write(scratch, layer, channel, p)]);
}
