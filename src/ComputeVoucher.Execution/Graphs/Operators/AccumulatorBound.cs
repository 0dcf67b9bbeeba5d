using System;
using System.Globalization;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>Static proofs that a layer's sums fit 32 bits, whatever its input.</summary>
internal static class AccumulatorBound
{
    /// <summary>
    /// |bias| + Σ |w − weightZero| · max |x − zero point|, shifted left as the multiplier will,
    /// must stay within <see cref="GraphLimits.AccumulatorMax"/>. Then no order of additions, no
    /// tile and no vector width can overflow.
    /// </summary>
    public static void Check(
        Wiring wiring, OperatorKind kind, ChannelParameters p, int weightZero)
    {
        long magnitude = wiring.Input.MagnitudeMax;
        int depth = p.WeightsPerChannel;
        for (int channel = 0; channel < p.Channels; channel++)
        {
            CheckMultiplier(wiring, kind, p.Multiplier[channel], p.Shift[channel]);
            long sum = 0;
            foreach (sbyte weight in p.Weights.AsSpan(channel * depth, depth))
            {
                sum += Math.Abs(weight - weightZero);
            }

            Check(
                wiring, kind, checked(Math.Abs((long)p.Bias[channel]) + sum * magnitude),
                p.Shift[channel]);
        }
    }

    public static void Check(Wiring wiring, OperatorKind kind, long bound, int shift)
    {
        int left = Math.Max(shift, 0);
        wiring.Require(
            bound <= GraphLimits.AccumulatorMax >> left,
            kind,
            string.Create(
                CultureInfo.InvariantCulture,
                $"its sums can reach {bound} · 2^{left}, more than 32 bits hold"));
    }

    public static void CheckMultiplier(
        Wiring wiring, OperatorKind kind, int multiplier, int shift) =>
        wiring.Require(
            multiplier >= 0 && shift is >= FixedPoint.ShiftMin and <= FixedPoint.ShiftMax,
            kind,
            $"multiplier {multiplier} with shift {shift}");
}
