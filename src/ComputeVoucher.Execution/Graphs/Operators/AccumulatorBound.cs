using System;
using System.Globalization;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>Static proofs that a layer's sums fit 32 bits, whatever its input.</summary>
internal static class AccumulatorBound
{
    /// <summary>
    /// |bias| + Σ |w − weightZero| · max |x − zero point|, shifted left as the multiplier will,
    /// must stay within <see cref="GraphLimits.AccumulatorMax"/>. Then no order of additions, no
    /// tile and no vector width can overflow. A judge, who has no weights, checks the one channel
    /// that was opened.
    /// </summary>
    public static void Check(
        Wiring wiring, OperatorKind kind, ChannelParameters p, int weightZero)
    {
        for (int channel = 0; !p.IsAbsent && channel < p.Channels; channel++)
        {
            Check(wiring, kind, p[channel], weightZero);
        }
    }

    public static void Check(Wiring wiring, OperatorKind kind, Channel channel, int weightZero)
    {
        CheckMultiplier(wiring, kind, channel.Multiplier, channel.Shift);
        long sum = 0;
        foreach (sbyte weight in channel.Weights)
        {
            sum += Math.Abs(weight - weightZero);
        }

        Check(
            wiring, kind,
            checked(Math.Abs((long)channel.Bias) + sum * wiring.Input.MagnitudeMax), channel.Shift);
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
