using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ComputeVoucher.Primitives.Internal;
using Vec = System.Runtime.Intrinsics.Vector256<ulong>;

namespace ComputeVoucher.Primitives;

// Four permutations side by side: lane i of message j is element j of vector i. The state lives
// in memory, two arrays that rounds read and write in turn; 16 registers hold column parities and
// one row, so nothing spills.
// Safety: every load and store stays within the state, whose size is ScratchBytes, or within a
// span whose length is checked before its pointer is taken.
public static unsafe partial class Keccak256
{
    private const int VectorBytes = 32;

    // Two states of 25 vectors, and room to start at a multiple of 32 (no load splits a line).
    private const int ScratchBytes = 2 * KeccakF1600.Lanes * VectorBytes + VectorBytes;

    /// <summary>
    /// keccak(tag ‖ 128 bytes) of 4 contiguous blocks; 512 bytes in, 128 bytes out.
    /// </summary>
    [SkipLocalsInit]
    private static void HashFourBlocks(byte tag, ReadOnlySpan<byte> blocks, Span<byte> digests)
    {
        Check(blocks.Length == 4 * TaggedBlockBytes && digests.Length == 4 * Bytes32.Size);
        byte* scratch = stackalloc byte[ScratchBytes];
        Vec* state = Align(scratch);

        // Safety: lengths are checked above. Lane 0 reads bytes 0 to 7 of a block; lanes 1 to 12
        // read 7 + 32 k up to byte 102; lanes 13 to 15 read 103 to 126; lane 16 reads byte 127.
        fixed (byte* p0 = blocks, output = digests)
        {
            byte* p1 = p0 + TaggedBlockBytes;
            byte* p2 = p1 + TaggedBlockBytes;
            byte* p3 = p2 + TaggedBlockBytes;
            Vec tags = Vector256.Create((ulong)tag);
            state[0] = Avx2.Or(Avx2.ShiftLeftLogical(Gather(p0, p1, p2, p3), 8), tags);
            for (int k = 0; k < 3; k++)
            {
                int at = 7 + VectorBytes * k;
                Transpose(
                    Vector256.Load((ulong*)(p0 + at)), Vector256.Load((ulong*)(p1 + at)),
                    Vector256.Load((ulong*)(p2 + at)), Vector256.Load((ulong*)(p3 + at)),
                    state + 1 + 4 * k);
            }

            state[13] = Gather(p0 + 103, p1 + 103, p2 + 103, p3 + 103);
            state[14] = Gather(p0 + 111, p1 + 111, p2 + 111, p3 + 111);
            state[15] = Gather(p0 + 119, p1 + 119, p2 + 119, p3 + 119);
            state[16] = Avx2.Or(
                Vector256.Create(p0[127], p1[127], p2[127], (ulong)p3[127]),
                Vector256.Create(0x8000000000000100));
            PermuteFourAndSqueeze(state, output);
        }
    }

    /// <summary>
    /// What the pointers below count on; the public methods have refused all else.
    /// </summary>
    private static void Check(bool fits)
    {
        if (!fits)
        {
            throw new ArgumentException("four messages do not have the length that was said");
        }
    }

    private static Vec* Align(byte* scratch) =>
        (Vec*)(((nuint)scratch + VectorBytes - 1) & ~(nuint)(VectorBytes - 1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vec Gather(byte* p0, byte* p1, byte* p2, byte* p3) =>
        Vector256.Create(*(ulong*)p0, *(ulong*)p1, *(ulong*)p2, *(ulong*)p3);

    /// <summary>Columns of the 4 × 4 matrix with rows r0 to r3.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(Vec r0, Vec r1, Vec r2, Vec r3, Vec* columns)
    {
        Vec a = Avx2.UnpackLow(r0, r1);
        Vec b = Avx2.UnpackHigh(r0, r1);
        Vec c = Avx2.UnpackLow(r2, r3);
        Vec d = Avx2.UnpackHigh(r2, r3);
        columns[0] = Avx2.Permute2x128(a, c, 0x20);
        columns[1] = Avx2.Permute2x128(b, d, 0x20);
        columns[2] = Avx2.Permute2x128(a, c, 0x31);
        columns[3] = Avx2.Permute2x128(b, d, 0x31);
    }

    private static void PermuteFourAndSqueeze(Vec* state, byte* digests)
    {
        for (int i = RateBytes / 8; i < KeccakF1600.Lanes; i++)
        {
            state[i] = Vec.Zero;
        }

        Vec* other = state + KeccakF1600.Lanes;
        ReadOnlySpan<ulong> constants = KeccakF1600.RoundConstants;
        for (int i = 0; i < constants.Length; i += 2)
        {
            RoundFour(state, other, constants[i]);
            RoundFour(other, state, constants[i + 1]);
        }

        Transpose(state[0], state[1], state[2], state[3], other);
        other[0].Store((ulong*)digests);
        other[1].Store((ulong*)(digests + Bytes32.Size));
        other[2].Store((ulong*)(digests + 2 * Bytes32.Size));
        other[3].Store((ulong*)(digests + 3 * Bytes32.Size));
    }

    /// <summary>As <see cref="KeccakF1600"/>.Round, four lanes wide.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RoundFour(Vec* a, Vec* e, ulong constant)
    {
        Vec c0 = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20];
        Vec c1 = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21];
        Vec c2 = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22];
        Vec c3 = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23];
        Vec c4 = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24];
        Vec d0 = c4 ^ Rol(c1, 1);
        Vec d1 = c0 ^ Rol(c2, 1);
        Vec d2 = c1 ^ Rol(c3, 1);
        Vec d3 = c2 ^ Rol(c4, 1);
        Vec d4 = c3 ^ Rol(c0, 1);

        Chi(e, a[0] ^ d0, Rol(a[6] ^ d1, 44), Rol(a[12] ^ d2, 43),
            Rol(a[18] ^ d3, 21), Rol(a[24] ^ d4, 14));
        e[0] ^= Vector256.Create(constant);
        Chi(e + 5, Rol(a[3] ^ d3, 28), Rol(a[9] ^ d4, 20), Rol(a[10] ^ d0, 3),
            Rol(a[16] ^ d1, 45), Rol(a[22] ^ d2, 61));
        Chi(e + 10, Rol(a[1] ^ d1, 1), Rol(a[7] ^ d2, 6), Rol(a[13] ^ d3, 25),
            RolBytes(a[19] ^ d4, 1), Rol(a[20] ^ d0, 18));
        Chi(e + 15, Rol(a[4] ^ d4, 27), Rol(a[5] ^ d0, 36), Rol(a[11] ^ d1, 10),
            Rol(a[17] ^ d2, 15), RolBytes(a[23] ^ d3, 7));
        Chi(e + 20, Rol(a[2] ^ d2, 62), Rol(a[8] ^ d3, 55), Rol(a[14] ^ d4, 39),
            Rol(a[15] ^ d0, 41), Rol(a[21] ^ d1, 2));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Chi(Vec* row, Vec b0, Vec b1, Vec b2, Vec b3, Vec b4)
    {
        row[0] = b0 ^ Avx2.AndNot(b1, b2);
        row[1] = b1 ^ Avx2.AndNot(b2, b3);
        row[2] = b2 ^ Avx2.AndNot(b3, b4);
        row[3] = b3 ^ Avx2.AndNot(b4, b0);
        row[4] = b4 ^ Avx2.AndNot(b0, b1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vec Rol(Vec value, int bits) => (value << bits) | (value >>> (64 - bits));

    /// <summary>
    /// Rotation by 1 or 7 whole bytes: one shuffle instead of two shifts and an or.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vec RolBytes(Vec value, byte bytes) => Avx2.Shuffle(
        value.AsByte(),
        bytes == 1
            ? Vector256.Create(
                (byte)7, 0, 1, 2, 3, 4, 5, 6, 15, 8, 9, 10, 11, 12, 13, 14,
                7, 0, 1, 2, 3, 4, 5, 6, 15, 8, 9, 10, 11, 12, 13, 14)
            : Vector256.Create(
                (byte)1, 2, 3, 4, 5, 6, 7, 0, 9, 10, 11, 12, 13, 14, 15, 8,
                1, 2, 3, 4, 5, 6, 7, 0, 9, 10, 11, 12, 13, 14, 15, 8)).AsUInt64();
}
