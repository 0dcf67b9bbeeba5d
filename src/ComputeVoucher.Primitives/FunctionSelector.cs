using System;
using System.Buffers.Binary;
using System.Text;

namespace ComputeVoucher.Primitives;

/// <summary>
/// The first 4 bytes of keccak of a signature such as <c>transfer(address,uint256)</c>: names a
/// contract's function or error. Numbers read big endian.
/// </summary>
public readonly record struct FunctionSelector(uint Value)
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 4;

    /// <summary>The selector of a signature without spaces and argument names.</summary>
    public static FunctionSelector Of(string signature) => new(
        BinaryPrimitives.ReadUInt32BigEndian(Topic(signature).Span));

    /// <summary>The topic of an event: the whole hash of its signature.</summary>
    public static Bytes32 Topic(string signature) =>
        Keccak256.Hash(Encoding.UTF8.GetBytes(signature));

    /// <summary>Whether call data or a revert starts with this selector.</summary>
    public bool Starts(ReadOnlySpan<byte> data) =>
        data.Length >= Size && BinaryPrimitives.ReadUInt32BigEndian(data) == Value;

    public override string ToString() => $"0x{Value:x8}";
}
