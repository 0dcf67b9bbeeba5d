using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ISA = System.Runtime.Intrinsics.X86.Avx2;
using Vec = System.Runtime.Intrinsics.Vector256;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// 8 rows × 32 columns at a time: weights widened to int16 (vpmovsxbw), products and pairs in one
/// instruction (vpmaddwd), the 8 vectors of partial dots folded to one vector of 8 dots by 6
/// vphaddd, 2 vperm2i128 and 1 vpaddd, scales multiplied in int64 (vpmuldq, even and odd rows).
/// </summary>
internal static partial class MatrixRow
{
    private const int HalfBlock = 16;

    /// <summary>How far ahead weights are asked for: hardware streams end at a page.</summary>
    private const int PrefetchBytes = 4096;

    /// <summary>Same contract and bits as <see cref="SumScalar"/>.</summary>
    // Safety: as SumScalar; reads blocks [rowBlock, rowBlock + rowBlocks) × [fromGroup, toGroup).
    public static unsafe void SumAvx2(
        QuantMatrix matrix,
        short* x,
        int* groupSums,
        int rowBlock,
        int rowBlocks,
        int fromGroup,
        int toGroup,
        long* sums)
    {
        for (int b = 0; b < rowBlocks; b++)
        {
            byte* block = matrix.Blocks +
                ((long)(rowBlock + b) * matrix.Groups + fromGroup) * matrix.BlockBytes;
            short* at = x + 32 * fromGroup;
            int* sumAt = groupSums + fromGroup;
            int groups = toGroup - fromGroup;
            long* to = sums + 8 * b;
            switch (matrix.Form)
            {
                case WeightForm.Int8:
                    Int8(block, at, groups, to);
                    break;
                case WeightForm.Int4:
                    Int4(block, at, sumAt, groups, to);
                    break;
                case WeightForm.Int4Offset:
                    Int4Offset(block, at, sumAt, groups, to);
                    break;
                default:
                    Int8Half(block, at, groups, to);
                    break;
            }
        }
    }

    // Safety: block holds `groups` blocks of 288 bytes, x 32·groups int16, to 8 int64.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static unsafe void Int8(byte* block, short* x, int groups, long* to)
    {
        Vector256<long> even = Vector256<long>.Zero;
        Vector256<long> odd = Vector256<long>.Zero;
        for (nint g = groups; g > 0; g--)
        {
            Vector256<short> x0 = Vec.Load(x);
            Vector256<short> x1 = Vec.Load(x + HalfBlock);
            sbyte* w = (sbyte*)block;
            Vector256<int> dots = Fold(
                ISA.HorizontalAdd(Dot32(w, x0, x1), Dot32(w + 32, x0, x1)),
                ISA.HorizontalAdd(Dot32(w + 64, x0, x1), Dot32(w + 96, x0, x1)),
                ISA.HorizontalAdd(Dot32(w + 128, x0, x1), Dot32(w + 160, x0, x1)),
                ISA.HorizontalAdd(Dot32(w + 192, x0, x1), Dot32(w + 224, x0, x1)));
            Vector256<int> scale = Vec.Load((int*)(block + 256));
            Scale(dots, scale, ref even, ref odd);
            Prefetch(block + PrefetchBytes);
            block += 288;
            x += 32;
        }

        Store(even, odd, to);
    }

    // Safety: a prefetch beyond the matrix reads nothing and faults nowhere.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Prefetch(byte* block)
    {
        Sse.Prefetch0(block);
        Sse.Prefetch0(block + 64);
        Sse.Prefetch0(block + 128);
        Sse.Prefetch0(block + 192);
        Sse.Prefetch0(block + 256);
    }

    // Safety: block holds `groups` blocks of 320 bytes, x 32·groups int16, to 8 int64.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static unsafe void Int8Half(byte* block, short* x, int groups, long* to)
    {
        Vector256<long> even = Vector256<long>.Zero;
        Vector256<long> odd = Vector256<long>.Zero;
        for (nint g = 2 * groups; g > 0; g--)
        {
            // Odd g-parity runs over the second halves of the same block.
            int half = (int)(g & 1);
            Vector256<short> x0 = Vec.Load(x);
            sbyte* w = (sbyte*)block + HalfBlock * half;
            Vector256<int> dots = Fold(
                ISA.HorizontalAdd(Dot16(w, x0), Dot16(w + 32, x0)),
                ISA.HorizontalAdd(Dot16(w + 64, x0), Dot16(w + 96, x0)),
                ISA.HorizontalAdd(Dot16(w + 128, x0), Dot16(w + 160, x0)),
                ISA.HorizontalAdd(Dot16(w + 192, x0), Dot16(w + 224, x0)));
            Vector256<int> scale = Vec.Load((int*)(block + 256) + 8 * half);
            Scale(dots, scale, ref even, ref odd);
            block += 320 * half;
            x += HalfBlock;
        }

        Store(even, odd, to);
    }

    // Safety: block holds `groups` blocks of 160 bytes, x 32·groups int16, sums one per group.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static unsafe void Int4(byte* block, short* x, int* sums, int groups, long* to)
    {
        Vector256<long> even = Vector256<long>.Zero;
        Vector256<long> odd = Vector256<long>.Zero;
        Vector256<short> mask = Vec.Create((short)15);
        for (nint g = groups; g > 0; g--)
        {
            Vector256<int> dots = Nibbles(block, Vec.Load(x), Vec.Load(x + HalfBlock), mask);

            // q = nibble − 8: take 8·Σ x off all rows at once.
            dots = ISA.Subtract(dots, Vec.Create(8 * *sums));
            Scale(dots, Vec.Load((int*)(block + 128)), ref even, ref odd);
            block += 160;
            x += 32;
            sums++;
        }

        Store(even, odd, to);
    }

    // Safety: block holds `groups` blocks of 192 bytes, x 32·groups int16, sums one per group.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static unsafe void Int4Offset(
        byte* block, short* x, int* sums, int groups, long* to)
    {
        Vector256<long> even = Vector256<long>.Zero;
        Vector256<long> odd = Vector256<long>.Zero;
        Vector256<short> mask = Vec.Create((short)15);
        for (nint g = groups; g > 0; g--)
        {
            Vector256<int> dots = Nibbles(block, Vec.Load(x), Vec.Load(x + HalfBlock), mask);
            Scale(dots, Vec.Load((int*)(block + 128)), ref even, ref odd);
            Scale(Vec.Create(-*sums), Vec.Load((int*)(block + 160)), ref even, ref odd);
            block += 192;
            x += 32;
            sums++;
        }

        Store(even, odd, to);
    }

    // Safety: w points at 8 rows of 16 bytes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe Vector256<int> Nibbles(
        byte* w, Vector256<short> x0, Vector256<short> x1, Vector256<short> mask) =>
        Fold(
            ISA.HorizontalAdd(DotNibbles(w, x0, x1, mask), DotNibbles(w + 16, x0, x1, mask)),
            ISA.HorizontalAdd(DotNibbles(w + 32, x0, x1, mask), DotNibbles(w + 48, x0, x1, mask)),
            ISA.HorizontalAdd(DotNibbles(w + 64, x0, x1, mask), DotNibbles(w + 80, x0, x1, mask)),
            ISA.HorizontalAdd(
                DotNibbles(w + 96, x0, x1, mask), DotNibbles(w + 112, x0, x1, mask)));

    // Safety: w points at 16 bytes: columns 0 … 15 low, 16 … 31 high.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe Vector256<int> DotNibbles(
        byte* w, Vector256<short> x0, Vector256<short> x1, Vector256<short> mask)
    {
        Vector256<short> pair = ISA.ConvertToVector256Int16(w);
        return ISA.Add(
            ISA.MultiplyAddAdjacent(ISA.And(pair, mask), x0),
            ISA.MultiplyAddAdjacent(ISA.ShiftRightLogical(pair, 4), x1));
    }

    // Safety: w points at 32 bytes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe Vector256<int> Dot32(
        sbyte* w, Vector256<short> x0, Vector256<short> x1) =>
        ISA.Add(
            ISA.MultiplyAddAdjacent(ISA.ConvertToVector256Int16(w), x0),
            ISA.MultiplyAddAdjacent(ISA.ConvertToVector256Int16(w + HalfBlock), x1));

    // Safety: w points at 16 bytes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe Vector256<int> Dot16(sbyte* w, Vector256<short> x0) =>
        ISA.MultiplyAddAdjacent(ISA.ConvertToVector256Int16(w), x0);

    /// <summary>
    /// Four sums of neighbours of rows (0,1), (2,3), (4,5), (6,7) → 8 dots in order.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Fold(
        Vector256<int> h01, Vector256<int> h23, Vector256<int> h45, Vector256<int> h67)
    {
        Vector256<int> low = ISA.HorizontalAdd(h01, h23);
        Vector256<int> high = ISA.HorizontalAdd(h45, h67);
        return ISA.Add(
            ISA.Permute2x128(low, high, 0x20), ISA.Permute2x128(low, high, 0x31));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scale(
        Vector256<int> dots,
        Vector256<int> scale,
        ref Vector256<long> even,
        ref Vector256<long> odd)
    {
        even = ISA.Add(even, ISA.Multiply(dots, scale));
        odd = ISA.Add(odd, ISA.Multiply(
            ISA.ShiftRightLogical(dots.AsInt64(), 32).AsInt32(),
            ISA.ShiftRightLogical(scale.AsInt64(), 32).AsInt32()));
    }

    // Safety: writes to[0 .. 8).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Store(Vector256<long> even, Vector256<long> odd, long* to)
    {
        Vector256<long> low = ISA.UnpackLow(even, odd);
        Vector256<long> high = ISA.UnpackHigh(even, odd);
        Vec.Store(ISA.Permute2x128(low, high, 0x20), to);
        Vec.Store(ISA.Permute2x128(low, high, 0x31), to + 4);
    }
}
