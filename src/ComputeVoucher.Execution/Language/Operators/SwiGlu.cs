using System;
using System.Runtime.CompilerServices;

namespace ComputeVoucher.Execution.Language;

/// <summary>The gate of the feed-forward part.</summary>
internal static class SwiGlu
{
    /// <summary>
    /// SwiGLU: sigmoid of |a| by the table, linear between its steps of 1/64, 1 from 16 on;
    /// mirrored for a &lt; 0; h = rs(rs(a·sg, 16)·b, 16). Range: 32 + 17 bits, then 62 bits.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Of(int a, int b)
    {
        ReadOnlySpan<int> table = Tables.Sigmoid;
        long u = Math.Abs((long)a);
        int step = (int)(u >> 10);
        long sigmoid = step >= Tables.SigmoidSteps
            ? 65_536
            : table[step] + (((table[step + 1] - table[step]) * (u & 1023)) >> 10);
        if (a < 0)
        {
            sigmoid = 65_536 - sigmoid;
        }

        return Rounding.Shift(
            Rounding.Shift(a * sigmoid, Rounding.FractionBits) * b, Rounding.FractionBits);
    }

    /// <summary>h_i in Q.16.</summary>
    public static long Wide(TraceReader reader, in TracePlace at, int index) => Of(
        (int)reader.Get(at.Of(TraceTensor.GateUp), index),
        (int)reader.Get(at.Of(TraceTensor.GateUp), reader.Shape.Hidden + index));
}
