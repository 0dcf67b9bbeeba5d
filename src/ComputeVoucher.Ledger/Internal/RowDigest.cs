using System;
using System.Buffers.Binary;
using System.Numerics;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>
/// The check of a row: the first 16 bytes of keccak(table ‖ key length ‖ key ‖ slot length ‖ slot ‖
/// body length ‖ body). SQLite has no page checksums, so rot inside a row would be served as truth.
/// </summary>
/// <remarks>
/// Long bodies (inputs) enter by their CRC-32C: it finds every single bit and every burst of 32
/// bits, at many times the speed, and an input is bound by its input root as well. The sum of all
/// digests of a table is stored with each commit, so that a lost, doubled or stale row is found
/// too.
/// </remarks>
internal static class RowDigest
{
    public const int Size = 16;

    /// <summary>Bodies up to here are hashed whole: four permutations.</summary>
    private const int WholeBytesMax = 512;

    public static UInt128 Of(
        Table table,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> slot,
        ReadOnlySpan<byte> body)
    {
        bool whole = body.Length <= WholeBytesMax;
        int length = 1 + 3 * sizeof(int) + key.Length + slot.Length
            + (whole ? body.Length : sizeof(uint));
        Span<byte> message = length <= 1024 ? stackalloc byte[length] : new byte[length];
        message[0] = (byte)table;
        BinaryPrimitives.WriteInt32LittleEndian(message[1..], key.Length);
        BinaryPrimitives.WriteInt32LittleEndian(message[5..], slot.Length);
        BinaryPrimitives.WriteInt32LittleEndian(message[9..], body.Length);
        key.CopyTo(message[13..]);
        slot.CopyTo(message[(13 + key.Length)..]);
        Span<byte> rest = message[(13 + key.Length + slot.Length)..];
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
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte item in bytes)
        {
            crc = BitOperations.Crc32C(crc, item);
        }

        return ~crc;
    }
}
