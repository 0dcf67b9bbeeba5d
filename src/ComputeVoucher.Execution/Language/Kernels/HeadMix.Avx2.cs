using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ISA = System.Runtime.Intrinsics.X86.Avx2;
using Vec = System.Runtime.Intrinsics.Vector256;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// 16 elements at a time. Two products of int16 fit one int32 (2·32767² &lt; 2^31), no more: every
/// vpmaddwd is widened to int64 before it is added.
/// </summary>
internal static partial class HeadMix
{
    /// <summary>Same contract and bits as <see cref="DotsScalar"/>.</summary>
    // Safety: as DotsScalar; stride is a multiple of 16.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static unsafe void DotsAvx2(
        short* q, short* keys, int tokens, int stride, long* dots)
    {
        for (nint t = 0; t < tokens; t++)
        {
            Vector256<long> sum = Vector256<long>.Zero;
            for (nint i = 0; i < stride; i += 16)
            {
                Vector256<int> pairs = ISA.MultiplyAddAdjacent(Vec.Load(q + i), Vec.Load(keys + i));
                sum = ISA.Add(sum, Low(pairs));
                sum = ISA.Add(sum, High(pairs));
            }

            Vector128<long> half = Sse2.Add(sum.GetLower(), sum.GetUpper());
            dots[t] = half.GetElement(0) + half.GetElement(1);
            keys += stride;
        }
    }

    /// <summary>Same contract and bits as <see cref="MixScalar"/>.</summary>
    /// <remarks>
    /// Tokens of weight 0 are left out and the rest sorted by exponent, so that pairs of tokens
    /// share one vpmaddwd; the exponent is applied once per class of tokens.
    /// </remarks>
    // Safety: as MixScalar; stride is a multiple of 16; order has room for 2·tokens + 2·64 int32.
    public static unsafe void MixAvx2(
        int* e, byte* z, short* values, int tokens, int stride, long* mixed, int* order)
    {
        const int Classes = 64;
        int* counts = stackalloc int[Classes + 1];
        for (int c = 0; c <= Classes; c++)
        {
            counts[c] = 0;
        }

        for (int t = 0; t < tokens; t++)
        {
            counts[e[t] == 0 ? Classes : z[t]]++;
        }

        int* starts = stackalloc int[Classes];
        int at = 0;
        for (int c = 0; c < Classes; c++)
        {
            starts[c] = at;
            at += counts[c] + (counts[c] & 1);
        }

        for (int t = 0; t < tokens; t++)
        {
            if (e[t] != 0)
            {
                order[starts[z[t]]++] = t;
            }
        }

        for (int i = 0; i < stride; i++)
        {
            mixed[i] = 0;
        }

        int* from = order;
        for (int c = 0; c < Classes; c++)
        {
            if (counts[c] != 0)
            {
                MixClass(e, values, from, counts[c], c, stride, mixed);
                from += counts[c] + (counts[c] & 1);
            }
        }
    }

    // Safety: tokens[0 .. count) index e and rows of values; mixed holds `stride` int64.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static unsafe void MixClass(
        int* e, short* values, int* tokens, int count, int z, int stride, long* mixed)
    {
        for (nint i = 0; i < stride; i += 16)
        {
            Vector256<long> m0 = Vector256<long>.Zero;
            Vector256<long> m4 = Vector256<long>.Zero;
            Vector256<long> m8 = Vector256<long>.Zero;
            Vector256<long> m12 = Vector256<long>.Zero;
            for (nint n = 0; n < count; n += 2)
            {
                // A lone last token is paired with itself at weight 0.
                int t0 = tokens[n];
                bool paired = n + 1 < count;
                int t1 = paired ? tokens[n + 1] : t0;
                int weights = e[t0] | (paired ? e[t1] << 16 : 0);
                Vector256<short> w = Vec.Create(weights).AsInt16();
                Vector256<short> v0 = Vec.Load(values + (nint)t0 * stride + i);
                Vector256<short> v1 = Vec.Load(values + (nint)t1 * stride + i);
                Vector256<int> low = ISA.MultiplyAddAdjacent(ISA.UnpackLow(v0, v1), w);
                Vector256<int> high = ISA.MultiplyAddAdjacent(ISA.UnpackHigh(v0, v1), w);
                m0 = ISA.Add(m0, Low(low));
                m4 = ISA.Add(m4, Low(high));
                m8 = ISA.Add(m8, High(low));
                m12 = ISA.Add(m12, High(high));
            }

            Accumulate(mixed + i, m0, z);
            Accumulate(mixed + i + 4, m4, z);
            Accumulate(mixed + i + 8, m8, z);
            Accumulate(mixed + i + 12, m12, z);
        }
    }

    // Safety: reads and writes at[0 .. 4).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Accumulate(long* at, Vector256<long> sum, int z) =>
        Vec.Store(ISA.Add(Vec.Load(at), Vec.ShiftLeft(sum, z)), at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<long> Low(Vector256<int> v) =>
        ISA.ConvertToVector256Int64(v.GetLower());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<long> High(Vector256<int> v) =>
        ISA.ConvertToVector256Int64(ISA.ExtractVector128(v, 1));
}
