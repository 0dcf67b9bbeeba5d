using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// The inner loops of convolution and fully connected layers: sums of 4 or 1 pixels times 16
/// channels, and what turns 16 sums into 16 bytes. Leaf methods on pointers, so that every sum
/// stays in a register.
/// </summary>
// Safety: callers pass rows and panels of the lengths named, and stores stay within count.
internal static unsafe class Tile
{
    /// <summary>
    /// Pixels of the larger tile: 8 sums, 2 panels and a broadcast fit 16 registers.
    /// </summary>
    public const int Pixels = 4;

    /// <summary>Pixels 0–3 times one panel.</summary>
    /// <param name="rows">4 pointers to widened input.</param>
    /// <param name="segments">Stretches of adjacent input per pixel: filter rows.</param>
    /// <param name="pairs">Pairs of numbers per stretch.</param>
    /// <param name="stride">Numbers from one stretch to the next.</param>
    /// <param name="panel">Packed weights.</param>
    /// <param name="bias">16 numbers in lane order.</param>
    /// <param name="sums">Receives 4 × 16 sums in lane order.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Four(
        short** rows, nint segments, nint pairs, nint stride, short* panel, int* bias, int* sums)
    {
        short* a0 = rows[0];
        short* a1 = rows[1];
        short* a2 = rows[2];
        short* a3 = rows[3];
        Vector256<int> s00 = Avx.LoadVector256(bias), s01 = Avx.LoadVector256(bias + 8);
        Vector256<int> s10 = s00, s11 = s01, s20 = s00, s21 = s01, s30 = s00, s31 = s01;
        for (; segments > 0; segments--)
        {
            for (nint k = 0; k < pairs; k++)
            {
                Vector256<short> lo = Avx.LoadVector256(panel);
                Vector256<short> hi = Avx.LoadVector256(panel + 16);
                panel += 32;
                Vector256<short> x = Vector256.Create(((int*)a0)[k]).AsInt16();
                s00 = Avx2.Add(s00, Avx2.MultiplyAddAdjacent(x, lo));
                s01 = Avx2.Add(s01, Avx2.MultiplyAddAdjacent(x, hi));
                x = Vector256.Create(((int*)a1)[k]).AsInt16();
                s10 = Avx2.Add(s10, Avx2.MultiplyAddAdjacent(x, lo));
                s11 = Avx2.Add(s11, Avx2.MultiplyAddAdjacent(x, hi));
                x = Vector256.Create(((int*)a2)[k]).AsInt16();
                s20 = Avx2.Add(s20, Avx2.MultiplyAddAdjacent(x, lo));
                s21 = Avx2.Add(s21, Avx2.MultiplyAddAdjacent(x, hi));
                x = Vector256.Create(((int*)a3)[k]).AsInt16();
                s30 = Avx2.Add(s30, Avx2.MultiplyAddAdjacent(x, lo));
                s31 = Avx2.Add(s31, Avx2.MultiplyAddAdjacent(x, hi));
            }

            a0 += stride;
            a1 += stride;
            a2 += stride;
            a3 += stride;
        }

        Avx.Store(sums, s00);
        Avx.Store(sums + 8, s01);
        Avx.Store(sums + 16, s10);
        Avx.Store(sums + 24, s11);
        Avx.Store(sums + 32, s20);
        Avx.Store(sums + 40, s21);
        Avx.Store(sums + 48, s30);
        Avx.Store(sums + 56, s31);
    }

    /// <summary>
    /// One pixel times one panel; two pairs at a time hide the latency of the adds.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void One(
        short* row, nint segments, nint pairs, nint stride, short* panel, int* bias, int* sums)
    {
        Vector256<int> s0 = Avx.LoadVector256(bias), s1 = Avx.LoadVector256(bias + 8);
        Vector256<int> t0 = Vector256<int>.Zero, t1 = Vector256<int>.Zero;
        for (; segments > 0; segments--)
        {
            nint k = 0;
            for (; k + 2 <= pairs; k += 2)
            {
                Vector256<short> x = Vector256.Create(((int*)row)[k]).AsInt16();
                Vector256<short> y = Vector256.Create(((int*)row)[k + 1]).AsInt16();
                s0 = Avx2.Add(s0, Avx2.MultiplyAddAdjacent(x, Avx.LoadVector256(panel)));
                s1 = Avx2.Add(s1, Avx2.MultiplyAddAdjacent(x, Avx.LoadVector256(panel + 16)));
                t0 = Avx2.Add(t0, Avx2.MultiplyAddAdjacent(y, Avx.LoadVector256(panel + 32)));
                t1 = Avx2.Add(t1, Avx2.MultiplyAddAdjacent(y, Avx.LoadVector256(panel + 48)));
                panel += 64;
            }

            if (k < pairs)
            {
                Vector256<short> x = Vector256.Create(((int*)row)[k]).AsInt16();
                s0 = Avx2.Add(s0, Avx2.MultiplyAddAdjacent(x, Avx.LoadVector256(panel)));
                s1 = Avx2.Add(s1, Avx2.MultiplyAddAdjacent(x, Avx.LoadVector256(panel + 16)));
                panel += 32;
            }

            row += stride;
        }

        Avx.Store(sums, Avx2.Add(s0, t0));
        Avx.Store(sums + 8, Avx2.Add(s1, t1));
    }

    /// <summary>Requantizes and clamps 16 sums; writes the first count bytes.</summary>
    /// <param name="sums">16 sums in lane order.</param>
    /// <param name="block">A block of <see cref="PackedChannels"/>.</param>
    /// <param name="end">Zero point and clamp of the output.</param>
    /// <param name="output">Where the channels of the block go.</param>
    /// <param name="count">1 … 16.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(int* sums, int* block, in OutputEnd end, sbyte* output, int count) =>
        Write(
            Requantize(Avx.LoadVector256(sums), Avx.LoadVector256(sums + 8), block, end),
            output, count);

    /// <summary>Writes the first count bytes, and never one more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(Vector128<sbyte> bytes, sbyte* output, int count)
    {
        if (count >= PackedChannels.Block)
        {
            Sse2.Store(output, bytes);
            return;
        }

        if (count == PackedChannels.Block / 2)
        {
            Sse2.StoreScalar((long*)output, bytes.AsInt64());
            return;
        }

        WritePart(bytes, output, count);
    }

    /// <summary>Not inlined: its stack copy would burden the loops that never need it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WritePart(Vector128<sbyte> bytes, sbyte* output, int count)
    {
        sbyte* all = stackalloc sbyte[PackedChannels.Block];
        Sse2.Store(all, bytes);
        new ReadOnlySpan<sbyte>(all, count).CopyTo(new Span<sbyte>(output, count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<sbyte> Requantize(
        Vector256<int> lo, Vector256<int> hi, int* block, in OutputEnd end)
    {
        Vector256<int> zero = Vector256.Create(end.ZeroPoint);
        Vector256<int> min = Vector256.Create(end.Min);
        Vector256<int> max = Vector256.Create(end.Max);
        lo = FixedPointLanes.MultiplyByQuantizedMultiplier(
            lo, Avx.LoadVector256(block + 16),
            Avx.LoadVector256(block + 32), Avx.LoadVector256(block + 48));
        hi = FixedPointLanes.MultiplyByQuantizedMultiplier(
            hi, Avx.LoadVector256(block + 24),
            Avx.LoadVector256(block + 40), Avx.LoadVector256(block + 56));
        lo = Avx2.Max(min, Avx2.Min(max, Avx2.Add(lo, zero)));
        hi = Avx2.Max(min, Avx2.Min(max, Avx2.Add(hi, zero)));

        // Lane order was chosen so that the first pack restores channels 0 … 15.
        Vector256<short> words = Avx2.PackSignedSaturate(lo, hi);
        return Sse2.PackSignedSaturate(words.GetLower(), words.GetUpper());
    }
}

/// <summary>
/// How one pixel's input lies in memory: so many stretches of so many pairs of 16-bit numbers, so
/// many numbers apart.
/// </summary>
internal readonly record struct RowShape(nint Segments, nint Pairs, nint Stride);
