using System;
using System.Buffers.Binary;
using System.Numerics;

namespace ComputeVoucher.Primitives;

/// <summary>
/// Keccak-256 as Ethereum uses it: Keccak-f[1600], rate 136 bytes, padding 0x01 … 0x80
/// (the Keccak submission of 2011, before FIPS 202 changed the padding).
/// </summary>
public static partial class Keccak256
{
    /// <summary>Bytes absorbed per permutation.</summary>
    public const int RateBytes = 136;

    /// <summary>Hash of the whole message.</summary>
    public static Bytes32 Hash(ReadOnlySpan<byte> message)
    {
        Span<ulong> state = stackalloc ulong[25];
        state.Clear();
        while (message.Length >= RateBytes)
        {
            Absorb(state, message[..RateBytes]);
            Permute(state);
            message = message[RateBytes..];
        }

        Span<byte> last = stackalloc byte[RateBytes];
        last.Clear();
        message.CopyTo(last);
        last[message.Length] ^= 0x01;
        last[RateBytes - 1] ^= 0x80;
        Absorb(state, last);
        Permute(state);

        Span<byte> digest = stackalloc byte[Bytes32.Size];
        for (int i = 0; i < 4; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(digest[(8 * i)..], state[i]);
        }

        return new Bytes32(digest);
    }

    private static void Absorb(Span<ulong> state, ReadOnlySpan<byte> block)
    {
        for (int i = 0; i < RateBytes / 8; i++)
        {
            state[i] ^= BinaryPrimitives.ReadUInt64LittleEndian(block[(8 * i)..]);
        }
    }

    private static ReadOnlySpan<ulong> RoundConstants =>
    [
        0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000,
        0x000000000000808B, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
        0x000000000000008A, 0x0000000000000088, 0x0000000080008009, 0x000000008000000A,
        0x000000008000808B, 0x800000000000008B, 0x8000000000008089, 0x8000000000008003,
        0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
        0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
    ];

    /// <summary>Rotation of lane 5y + x.</summary>
    private static ReadOnlySpan<byte> Rotations =>
    [
        0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14,
    ];

    /// <summary>Keccak-f[1600] on 25 lanes, lane (x, y) at 5y + x: theta, rho, pi, chi, iota.</summary>
    private static void Permute(Span<ulong> a)
    {
        Span<ulong> b = stackalloc ulong[25];
        Span<ulong> c = stackalloc ulong[5];
        foreach (ulong constant in RoundConstants)
        {
            for (int x = 0; x < 5; x++)
            {
                c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
            }

            for (int i = 0; i < 25; i++)
            {
                int x = i % 5;
                ulong d = c[(x + 4) % 5] ^ BitOperations.RotateLeft(c[(x + 1) % 5], 1);
                int target = 5 * ((2 * x + 3 * (i / 5)) % 5) + i / 5;
                b[target] = BitOperations.RotateLeft(a[i] ^ d, Rotations[i]);
            }

            for (int i = 0; i < 25; i++)
            {
                int row = i / 5 * 5;
                a[i] = b[i] ^ (~b[row + (i + 1) % 5] & b[row + (i + 2) % 5]);
            }

            a[0] ^= constant;
        }
    }
}
