using System;
using System.Buffers.Binary;
using System.Numerics;

namespace ComputeVoucher.Primitives.Tests.Support;

/// <summary>
/// Keccak written as its mathematics (The Keccak reference 3.0): loops, no unrolling. The oracle
/// of the fast versions.
/// </summary>
internal static class PlainKeccak
{
    private static readonly byte[] s_rotations =
    [
        0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43,
        25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14,
    ];

    public static Bytes32 Hash(ReadOnlySpan<byte> message) => Sponge(message, padding: 0x01);

    /// <summary>FIPS 202 SHA3-256: the same but for the padding.</summary>
    public static Bytes32 Sha3(ReadOnlySpan<byte> message) => Sponge(message, padding: 0x06);

    private static Bytes32 Sponge(ReadOnlySpan<byte> message, byte padding)
    {
        byte[] padded = new byte[(message.Length / 136 + 1) * 136];
        message.CopyTo(padded);
        padded[message.Length] ^= padding;
        padded[^1] ^= 0x80;
        ulong[] state = new ulong[25];
        for (int at = 0; at < padded.Length; at += 136)
        {
            for (int i = 0; i < 17; i++)
            {
                state[i] ^= BinaryPrimitives.ReadUInt64LittleEndian(padded.AsSpan(at + 8 * i));
            }

            Permute(state);
        }

        byte[] digest = new byte[32];
        for (int i = 0; i < 4; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(digest.AsSpan(8 * i), state[i]);
        }

        return new Bytes32(digest);
    }

    public static void Permute(ulong[] a)
    {
        ulong[] b = new ulong[25];
        ulong[] c = new ulong[5];
        byte register = 1;
        for (int round = 0; round < 24; round++)
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
                b[target] = BitOperations.RotateLeft(a[i] ^ d, s_rotations[i]);
            }

            for (int i = 0; i < 25; i++)
            {
                int row = i / 5 * 5;
                a[i] = b[i] ^ (~b[row + (i + 1) % 5] & b[row + (i + 2) % 5]);
            }

            a[0] ^= NextConstant(ref register);
        }
    }

    /// <summary>Bits 2^j − 1 of a constant come from a shift register of 8 bits.</summary>
    private static ulong NextConstant(ref byte register)
    {
        ulong constant = 0;
        for (int j = 0; j < 7; j++)
        {
            constant |= (ulong)(register & 1) << ((1 << j) - 1);
            register = (byte)((register << 1) ^ (register >= 0x80 ? 0x71 : 0));
        }

        return constant;
    }
}
