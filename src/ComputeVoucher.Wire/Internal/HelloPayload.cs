using System;
using System.Buffers.Binary;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Wire.Internal;

/// <summary>Hello: magic u32, lowest version u16, highest version u16, nonce 32. Frozen.</summary>
internal readonly record struct HelloPayload(ushort VersionMin, ushort VersionMax, Bytes32 Nonce)
{
    internal static bool IsValid(ReadOnlySpan<byte> payload)
    {
        ushort lowest = BinaryPrimitives.ReadUInt16LittleEndian(payload[4..]);
        ushort highest = BinaryPrimitives.ReadUInt16LittleEndian(payload[6..]);
        return BinaryPrimitives.ReadUInt32LittleEndian(payload) == WireProtocol.Magic
            && lowest >= 1
            && lowest <= highest;
    }

    /// <summary>Reads a payload that <see cref="IsValid"/> has passed.</summary>
    internal static HelloPayload Read(ReadOnlySpan<byte> payload) => new(
        BinaryPrimitives.ReadUInt16LittleEndian(payload[4..]),
        BinaryPrimitives.ReadUInt16LittleEndian(payload[6..]),
        new Bytes32(payload.Slice(8, Bytes32.Size)));

    internal void Write(Span<byte> payload)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(payload, WireProtocol.Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(payload[4..], VersionMin);
        BinaryPrimitives.WriteUInt16LittleEndian(payload[6..], VersionMax);
        Nonce.CopyTo(payload[8..]);
    }

    /// <summary>The highest version both sides speak; 0 where there is none.</summary>
    internal ushort Choose(ushort lowest, ushort highest)
    {
        ushort common = Math.Min(VersionMax, highest);
        return common >= VersionMin && common >= lowest ? common : (ushort)0;
    }
}
