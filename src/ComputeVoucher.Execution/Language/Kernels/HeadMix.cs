using System;

namespace ComputeVoucher.Execution.Language;

/// <summary>The two products of attention for one head: the definition.</summary>
/// <remarks>
/// Rows of keys and values are int16, zero beyond HeadDim up to a stride that is a multiple of 16.
/// </remarks>
internal static partial class HeadMix
{
    /// <summary>dots[t] = Σ_i q_i·k_ti, t &lt; tokens: at most 256·2^30 = 2^38.</summary>
    // Safety: q holds `stride`, keys tokens·stride int16; dots has room for `tokens`.
    public static unsafe void DotsScalar(
        short* q, short* keys, int tokens, int stride, long* dots)
    {
        for (int t = 0; t < tokens; t++)
        {
            long sum = 0;
            for (int i = 0; i < stride; i++)
            {
                sum += (long)q[i] * keys[(long)t * stride + i];
            }

            dots[t] = sum;
        }
    }

    /// <summary>
    /// mixed[i] = Σ_t (e_t·2^z_t)·v_ti: 15 + 16 + 15 bits and 15 for 32,768 tokens.
    /// </summary>
    // Safety: e, z hold `tokens`, values tokens·stride int16; mixed has room for `stride`.
    public static unsafe void MixScalar(
        int* e, byte* z, short* values, int tokens, int stride, long* mixed)
    {
        new Span<long>(mixed, stride).Clear();
        for (int t = 0; t < tokens; t++)
        {
            long weight = (long)e[t] << z[t];
            for (int i = 0; i < stride; i++)
            {
                mixed[i] += weight * values[(long)t * stride + i];
            }
        }
    }
}
