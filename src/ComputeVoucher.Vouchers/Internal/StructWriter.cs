using System;
using System.Buffers.Binary;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers.Internal;

/// <summary>
/// hashStruct of EIP-712 for structs of atomic members: the type hash, then one 32-byte word a
/// member, numbers and addresses right-aligned.
/// </summary>
internal ref struct StructWriter
{
    private readonly Span<byte> _words;
    private int _at;

    /// <summary>words: 32 bytes for the type hash and 32 for each member.</summary>
    public StructWriter(Span<byte> words, in Bytes32 typeHash)
    {
        words.Clear();
        _words = words;
        typeHash.CopyTo(words);
        _at = Bytes32.Size;
    }

    public void Put(in Bytes32 value)
    {
        value.CopyTo(_words[_at..]);
        _at += Bytes32.Size;
    }

    public void Put(in Address value)
    {
        value.CopyTo(_words[(_at + Bytes32.Size - Address.Size)..]);
        _at += Bytes32.Size;
    }

    public void Put(UInt128 value)
    {
        BinaryPrimitives.WriteUInt128BigEndian(_words[(_at + 16)..], value);
        _at += Bytes32.Size;
    }

    public readonly Bytes32 Hash() =>
        _at == _words.Length
            ? Keccak256.Hash(_words)
            : throw new InvalidOperationException($"{_at} bytes of {_words.Length} written");
}
