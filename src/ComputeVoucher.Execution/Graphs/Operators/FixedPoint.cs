using System;
using System.Numerics;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// Fixed-point arithmetic of gemmlowp (fixedpoint/fixedpoint.h) as the TensorFlow Lite reference
/// kernels use it, with double rounding. A raw value x of Q m.n stands for x / 2^n.
/// </summary>
internal static class FixedPoint
{
    /// <summary>Greatest left shift of a multiplier that int32 accumulators can meet.</summary>
    public const int ShiftMax = 30;

    /// <summary>
    /// Greatest right shift, negated: QuantizeMultiplier flushes below it to zero.
    /// </summary>
    public const int ShiftMin = -31;

    /// <summary>
    /// x · multiplier · 2^(shift − 31), rounded twice: SaturatingRoundingDoublingHighMul, then
    /// RoundingDivideByPOT. The caller proves that x · 2^shift fits 32 bits where shift > 0.
    /// </summary>
    public static int MultiplyByQuantizedMultiplier(int x, int multiplier, int shift)
    {
        int left = Math.Max(shift, 0);
        int right = Math.Max(-shift, 0);
        return RoundingDivideByPowerOfTwo(DoublingHighMultiply(x << left, multiplier), right);
    }

    /// <summary>
    /// The high 32 bits of 2ab, rounded to nearest, ties up: (ab + 2^30) / 2^31. gemmlowp nudges
    /// negative products by 1 − 2^30 and truncates towards zero, which is the same number.
    /// </summary>
    public static int DoublingHighMultiply(int a, int b) =>
        a == b && a == int.MinValue
            ? int.MaxValue
            : (int)(((long)a * b + (1L << 30)) >> 31);

    /// <summary>
    /// x / 2^exponent, rounded to nearest, ties away from zero; 0 ≤ exponent ≤ 31.
    /// </summary>
    public static int RoundingDivideByPowerOfTwo(int x, int exponent)
    {
        int mask = (int)((1L << exponent) - 1);
        int remainder = x & mask;
        int threshold = (mask >> 1) + (x < 0 ? 1 : 0);
        return (x >> exponent) + (remainder > threshold ? 1 : 0);
    }

    /// <summary>x · 2^exponent, saturated; exponent ≥ 0.</summary>
    private static int SaturatingShiftLeft(int x, int exponent) =>
        (int)Math.Clamp((long)x << exponent, int.MinValue, int.MaxValue);

    /// <summary>(a + b) / 2, rounded away from zero.</summary>
    private static int RoundingHalfSum(int a, int b)
    {
        long sum = (long)a + b;
        return (int)((sum + (sum >= 0 ? 1 : -1)) / 2);
    }

    /// <summary>exp(a) for a ≤ 0: Q5.26 in, Q0.31 out (exp_on_negative_values).</summary>
    public static int ExpOnNegative(int a)
    {
        const int FractionBits = 26;
        const int Quarter = 1 << (FractionBits - 2);
        if (a == 0)
        {
            return int.MaxValue;
        }

        // a = −(whole quarters) + rest, rest in [−1/4, 0): exp by Taylor on the rest …
        int rest = (a & (Quarter - 1)) - Quarter;
        int result = ExpOnLastQuarter(SaturatingShiftLeft(rest, 5));

        // … then one multiplication by exp(−2^k) per set bit of the quarters.
        int remainder = rest - a;
        ReadOnlySpan<int> expOfPower =
            [1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242];
        for (int k = -2; k <= 4; k++)
        {
            if ((remainder & (1 << (FractionBits + k))) != 0)
            {
                result = DoublingHighMultiply(result, expOfPower[k + 2]);
            }
        }

        return result;
    }

    /// <summary>exp(a) for a in [−1/4, 0): Q0.31; Taylor's fourth degree around −1/8.</summary>
    private static int ExpOnLastQuarter(int a)
    {
        const int ExpOfMinusEighth = 1895147668;
        const int Third = 715827883;
        int x = a + (1 << 28);
        int x2 = DoublingHighMultiply(x, x);
        int x3 = DoublingHighMultiply(x2, x);
        int x4 = DoublingHighMultiply(x2, x2);
        int x4Quarter = RoundingDivideByPowerOfTwo(x4, 2);
        int tail = RoundingDivideByPowerOfTwo(
            DoublingHighMultiply(x4Quarter + x3, Third) + x2, 1);
        return ExpOfMinusEighth + DoublingHighMultiply(ExpOfMinusEighth, x + tail);
    }

    /// <summary>
    /// 1 / x for x > 0 with so many integer bits: Q0.31 scaled by 2^bitsOverUnit (GetReciprocal).
    /// </summary>
    public static int Reciprocal(int x, int integerBits, out int bitsOverUnit)
    {
        int headroom = BitOperations.LeadingZeroCount((uint)x);
        bitsOverUnit = integerBits - headroom;
        int fraction = (int)(((uint)x << headroom) - (1u << 31));
        return OneOverOnePlus(fraction);
    }

    /// <summary>1 / (1 + a) for a in [0, 1): Q0.31; three steps of Newton and Raphson.</summary>
    private static int OneOverOnePlus(int a)
    {
        // Q2.29 constants of the classic first guess 48/17 − 32/17 · d.
        const int Guess = 1515870810;
        const int Slope = -1010580540;
        const int One = 1 << 29;
        int half = RoundingHalfSum(a, int.MaxValue);
        int x = Guess + DoublingHighMultiply(half, Slope);
        for (int i = 0; i < 3; i++)
        {
            int error = One - DoublingHighMultiply(half, x);
            x += SaturatingShiftLeft(DoublingHighMultiply(x, error), 2);
        }

        // x is 2 / (1 + a) in Q2.29: half of it in Q1.30 has the same bits, Q0.31 one more.
        return SaturatingShiftLeft(x, 1);
    }
}
