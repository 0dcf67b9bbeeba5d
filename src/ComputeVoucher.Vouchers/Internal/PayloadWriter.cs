using System;
using System.Buffers.Binary;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers.Internal;

/// <summary>Fixed-width payload bytes: every member at its own width, big endian.</summary>
internal ref struct PayloadWriter
{
    private Span<byte> _rest;

    public PayloadWriter(Span<byte> destination, int exactBytes)
    {
        if (destination.Length < exactBytes)
        {
            throw new ArgumentException(
                $"{destination.Length} bytes where {exactBytes} are wanted");
        }

        _rest = destination[..exactBytes];
    }

    public void Put(in Bytes32 value)
    {
        value.CopyTo(_rest);
        _rest = _rest[Bytes32.Size..];
    }

    public void Put(in Address value)
    {
        value.CopyTo(_rest);
        _rest = _rest[Address.Size..];
    }

    public void Put(UInt128 value)
    {
        BinaryPrimitives.WriteUInt128BigEndian(_rest, value);
        _rest = _rest[16..];
    }

    public void Put(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_rest, value);
        _rest = _rest[sizeof(ulong)..];
    }

    public void Put(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_rest, value);
        _rest = _rest[sizeof(uint)..];
    }

    public void Put(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_rest, value);
        _rest = _rest[sizeof(ushort)..];
    }

    public void Put(byte value)
    {
        _rest[0] = value;
        _rest = _rest[1..];
    }
}
