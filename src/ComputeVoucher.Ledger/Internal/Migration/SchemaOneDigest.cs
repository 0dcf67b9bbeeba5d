using System;
using System.Buffers.Binary;
using System.Numerics;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>
/// The check of a row of schema 1, frozen: the first 16 bytes, little endian, of keccak(table ‖ key
/// length ‖ slot length ‖ body length ‖ key ‖ slot ‖ body); a body of more than 512 bytes enters by
/// its CRC-32C.
/// </summary>
internal static class SchemaOneDigest
{
    /// <summary>Bytes of the longest body that is hashed whole.</summary>
    private const int WholeBytesMax = 512;

    public static UInt128 Of(
        Table table,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> slot,
        ReadOnlySpan<byte> body)
    {
        bool whole = body.Length <= WholeBytesMax;
        byte[] message = new byte[1 + 3 * sizeof(int) + key.Length + slot.Length
            + (whole ? body.Length : sizeof(uint))];
        message[0] = (byte)table;
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(1), key.Length);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(5), slot.Length);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(9), body.Length);
        key.CopyTo(message.AsSpan(13));
        slot.CopyTo(message.AsSpan(13 + key.Length));
        Span<byte> rest = message.AsSpan(13 + key.Length + slot.Length);
        if (whole)
        {
            body.CopyTo(rest);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(rest, Crc32C(body));
        }

        return BinaryPrimitives.ReadUInt128LittleEndian(Keccak256.Hash(message).Span);
    }

    private static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte item in bytes)
        {
            crc = BitOperations.Crc32C(crc, item);
        }

        return ~crc;
    }
}
