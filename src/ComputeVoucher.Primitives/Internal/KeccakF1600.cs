using System;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace ComputeVoucher.Primitives.Internal;

/// <summary>
/// Keccak-f[1600] on 25 lanes, lane (x, y) at 5y + x (The Keccak reference 3.0, section 1.2).
/// A round reads one array and writes the other, so that pi costs no moves; the loop form that
/// reads like the mathematics is in the tests and checks this one.
/// </summary>
// Safety: the pointers span Lanes words each, on the caller's stack.
internal static unsafe class KeccakF1600
{
    /// <summary>64-bit words of the state.</summary>
    public const int Lanes = 25;

    /// <summary>One constant per round, XORed into lane 0.</summary>
    public static ReadOnlySpan<ulong> RoundConstants => s_roundConstants;

    // An array, not data behind a span: unoptimised code allocates each time it makes that span.
    private static readonly ulong[] s_roundConstants =
    [
        0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000,
        0x000000000000808B, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
        0x000000000000008A, 0x0000000000000088, 0x0000000080008009, 0x000000008000000A,
        0x000000008000808B, 0x800000000000008B, 0x8000000000008089, 0x8000000000008003,
        0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
        0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
    ];

    /// <summary>24 rounds in place; <paramref name="state"/> holds 25 lanes.</summary>
    [SkipLocalsInit]
    public static void Permute(Span<ulong> state)
    {
        if (state.Length != Lanes)
        {
            throw new ArgumentException($"a state of {state.Length} lanes where 25 are wanted");
        }

        ulong* other = stackalloc ulong[Lanes];

        // Safety: both arrays hold 25 lanes, checked above, and rounds index 0 to 24 by constants.
        fixed (ulong* lanes = state)
        {
            ReadOnlySpan<ulong> constants = RoundConstants;
            for (int i = 0; i < constants.Length; i += 2)
            {
                Round(lanes, other, constants[i]);
                Round(other, lanes, constants[i + 1]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Round(ulong* a, ulong* e, ulong constant)
    {
        // Theta: parity of each column, and what it adds to the column's lanes.
        ulong c0 = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20];
        ulong c1 = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21];
        ulong c2 = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22];
        ulong c3 = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23];
        ulong c4 = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24];
        ulong d0 = c4 ^ Rol(c1, 1);
        ulong d1 = c0 ^ Rol(c2, 1);
        ulong d2 = c1 ^ Rol(c3, 1);
        ulong d3 = c2 ^ Rol(c4, 1);
        ulong d4 = c3 ^ Rol(c0, 1);

        // Rho, pi, chi: each line gathers one row of the result.
        Chi(e, a[0] ^ d0, Rol(a[6] ^ d1, 44), Rol(a[12] ^ d2, 43),
            Rol(a[18] ^ d3, 21), Rol(a[24] ^ d4, 14));
        e[0] ^= constant;
        Chi(e + 5, Rol(a[3] ^ d3, 28), Rol(a[9] ^ d4, 20), Rol(a[10] ^ d0, 3),
            Rol(a[16] ^ d1, 45), Rol(a[22] ^ d2, 61));
        Chi(e + 10, Rol(a[1] ^ d1, 1), Rol(a[7] ^ d2, 6), Rol(a[13] ^ d3, 25),
            Rol(a[19] ^ d4, 8), Rol(a[20] ^ d0, 18));
        Chi(e + 15, Rol(a[4] ^ d4, 27), Rol(a[5] ^ d0, 36), Rol(a[11] ^ d1, 10),
            Rol(a[17] ^ d2, 15), Rol(a[23] ^ d3, 56));
        Chi(e + 20, Rol(a[2] ^ d2, 62), Rol(a[8] ^ d3, 55), Rol(a[14] ^ d4, 39),
            Rol(a[15] ^ d0, 41), Rol(a[21] ^ d1, 2));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Chi(ulong* row, ulong b0, ulong b1, ulong b2, ulong b3, ulong b4)
    {
        row[0] = b0 ^ (~b1 & b2);
        row[1] = b1 ^ (~b2 & b3);
        row[2] = b2 ^ (~b3 & b4);
        row[3] = b3 ^ (~b4 & b0);
        row[4] = b4 ^ (~b0 & b1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Rol(ulong value, int bits) => BitOperations.RotateLeft(value, bits);
}
