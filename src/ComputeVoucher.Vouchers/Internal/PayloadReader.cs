using System;
using System.Buffers.Binary;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers.Internal;

/// <summary>
/// Reads what <see cref="PayloadWriter"/> wrote. The caller has checked the exact length, so
/// no read can fail.
/// </summary>
internal ref struct PayloadReader
{
    private ReadOnlySpan<byte> _rest;

    public PayloadReader(ReadOnlySpan<byte> payload) => _rest = payload;

    public Bytes32 Bytes32() => new(Take(Primitives.Bytes32.Size));

    public Address Address() => new(Take(Primitives.Address.Size));

    public UInt128 UInt128() => BinaryPrimitives.ReadUInt128BigEndian(Take(16));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64BigEndian(Take(sizeof(ulong)));

    public uint UInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(sizeof(uint)));

    public ushort UInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(sizeof(ushort)));

    public byte Byte() => Take(1)[0];

    private ReadOnlySpan<byte> Take(int bytes)
    {
        ReadOnlySpan<byte> taken = _rest[..bytes];
        _rest = _rest[bytes..];
        return taken;
    }
}
