using System;
using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;

namespace ComputeVoucher.Primitives;

/// <summary>
/// Contract ABI encoding (Solidity documentation, "Contract ABI Specification"): one 32-byte head
/// per argument, tails of dynamic ones behind. One writer encodes one tuple: the arguments of a
/// call, or a struct; a static struct's members may be written straight into the outer tuple.
/// </summary>
public sealed class AbiWriter
{
    private const int WordBytes = 32;
    private readonly ArrayBufferWriter<byte> _heads = new();
    private readonly List<(int Head, byte[] Tail)> _tails = [];

    /// <summary>uint8 … uint256, enum.</summary>
    public AbiWriter Write(UInt256 value) => Word(value.ToBytes32());

    /// <summary>uint8 … uint64.</summary>
    public AbiWriter Write(ulong value) => Write((UInt256)value);

    /// <summary>uint128 and below.</summary>
    public AbiWriter Write(UInt128 value) => Write((UInt256)value);

    /// <summary>bool.</summary>
    public AbiWriter Write(bool value) => Write(value ? 1UL : 0UL);

    /// <summary>bytes32.</summary>
    public AbiWriter Write(in Bytes32 value) => Word(value);

    /// <summary>address, contract.</summary>
    public AbiWriter Write(in Address value)
    {
        Bytes32 word = default;
        value.CopyTo(((Span<byte>)word)[12..]);
        return Word(word);
    }

    /// <summary>bytes: length and zero-padded content in the tail.</summary>
    public AbiWriter WriteBytes(ReadOnlySpan<byte> value)
    {
        int padded = checked(value.Length + WordBytes - 1) / WordBytes * WordBytes;
        byte[] tail = new byte[checked(WordBytes + padded)];
        ((UInt256)(ulong)value.Length).WriteBigEndian(tail);
        value.CopyTo(tail.AsSpan(WordBytes));
        return Dynamic(tail);
    }

    /// <summary>string: its UTF-8 bytes.</summary>
    public AbiWriter WriteString(string value) => WriteBytes(Encoding.UTF8.GetBytes(value));

    /// <summary>A struct that has a dynamic member: its own heads and tails, in the tail.</summary>
    public AbiWriter WriteTuple(AbiWriter members) => Dynamic(members.ToArray());

    /// <summary>
    /// T[]: the elements, written one after the other into <paramref name="elements"/>.
    /// </summary>
    public AbiWriter WriteArray(int count, AbiWriter elements)
    {
        byte[] content = elements.ToArray();
        byte[] tail = new byte[checked(WordBytes + content.Length)];
        ((UInt256)checked((ulong)count)).WriteBigEndian(tail);
        content.CopyTo(tail, WordBytes);
        return Dynamic(tail);
    }

    /// <summary>Heads, then tails.</summary>
    public byte[] ToArray()
    {
        int length = _heads.WrittenCount;
        foreach ((_, byte[] tail) in _tails)
        {
            length = checked(length + tail.Length);
        }

        byte[] result = new byte[length];
        _heads.WrittenSpan.CopyTo(result);
        int offset = _heads.WrittenCount;
        foreach ((int head, byte[] tail) in _tails)
        {
            ((UInt256)(ulong)offset).WriteBigEndian(result.AsSpan(head));
            tail.CopyTo(result, offset);
            offset += tail.Length;
        }

        return result;
    }

    /// <summary>Selector, heads, tails: the data of a call.</summary>
    public byte[] ToCall(FunctionSelector selector)
    {
        byte[] arguments = ToArray();
        byte[] call = new byte[checked(FunctionSelector.Size + arguments.Length)];
        BinaryPrimitives.WriteUInt32BigEndian(call, selector.Value);
        arguments.CopyTo(call, FunctionSelector.Size);
        return call;
    }

    private AbiWriter Word(in Bytes32 word)
    {
        _heads.Write(word.Span);
        return this;
    }

    private AbiWriter Dynamic(byte[] tail)
    {
        _tails.Add((_heads.WrittenCount, tail));
        return Word(default);
    }
}
