using System;
using System.Numerics;
using System.Runtime.Intrinsics;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.ModelFiles;

namespace ComputeVoucher.Execution.Tests;

/// <summary>
/// Requantization against gemmlowp's own words, in big integers, and SIMD against it.
/// </summary>
public sealed class FixedPointTests
{
    private static readonly int[] s_edges =
    [
        0, 1, -1, 2, -2, 3, -3, 1 << 15, -(1 << 15), (1 << 30) - 1, 1 << 30, -(1 << 30),
        int.MaxValue, int.MinValue, int.MinValue + 1,
    ];

    [Fact]
    public void DoublingHighMultiply_EdgesAndRandom_EqualGemmlowp()
    {
        Prng numbers = new(1);
        for (int i = 0; i < 20_000; i++)
        {
            int a = Pick(numbers, i);
            int b = Pick(numbers, i / s_edges.Length);
            Assert.Equal(GemmlowpHighMultiply(a, b), FixedPoint.DoublingHighMultiply(a, b));
        }
    }

    [Fact]
    public void RoundingDivide_EveryExponent_RoundsHalfAwayFromZero()
    {
        Prng numbers = new(2);
        for (int i = 0; i < 20_000; i++)
        {
            int x = Pick(numbers, i);
            int exponent = i % 32;
            BigInteger doubled = BigInteger.Abs(x) * 2 + BigInteger.Pow(2, exponent);
            BigInteger rounded = doubled / BigInteger.Pow(2, exponent + 1) * Math.Sign(x);
            Assert.Equal(rounded, FixedPoint.RoundingDivideByPowerOfTwo(x, exponent));
        }
    }

    [Fact]
    public void Avx2_EdgesAndRandom_EqualScalar()
    {
        Prng numbers = new(3);
        int[] x = new int[8], multiplier = new int[8], left = new int[8], right = new int[8];
        for (int i = 0; i < 20_000; i++)
        {
            for (int lane = 0; lane < 8; lane++)
            {
                int shift = numbers.Between(FixedPoint.ShiftMin, 12);
                left[lane] = Math.Max(shift, 0);
                right[lane] = Math.Max(-shift, 0);
                x[lane] = Pick(numbers, i + lane) >> left[lane];
                multiplier[lane] = numbers.Between(0, 7) == 0
                    ? 0 : numbers.Between(1 << 30, int.MaxValue);
            }

            Vector256<int> actual = FixedPointLanes.MultiplyByQuantizedMultiplier(
                Vector256.Create(x), Vector256.Create(multiplier),
                Vector256.Create(left), Vector256.Create(right));
            for (int lane = 0; lane < 8; lane++)
            {
                Assert.Equal(
                    FixedPoint.MultiplyByQuantizedMultiplier(
                        x[lane], multiplier[lane], left[lane] - right[lane]),
                    actual[lane]);
            }
        }
    }

    [Fact]
    public void DoubleRounding_IsNotSingleRounding()
    {
        // 0.4999… of a step: one rounding gives 0, two give 1. The published outputs need two.
        const int Multiplier = 1 << 30;
        Assert.Equal(1, FixedPoint.MultiplyByQuantizedMultiplier(1, Multiplier, 0));
        Assert.Equal(1, FixedPoint.MultiplyByQuantizedMultiplier(3, Multiplier, -2));
        Assert.Equal(0, (int)((3L * Multiplier + (1L << 32)) >> 33));
    }

    /// <summary>SaturatingRoundingDoublingHighMul, in the words of fixedpoint.h.</summary>
    private static int GemmlowpHighMultiply(int a, int b)
    {
        if (a == b && a == int.MinValue)
        {
            return int.MaxValue;
        }

        BigInteger product = (BigInteger)a * b;
        BigInteger nudge = product >= 0 ? 1 << 30 : 1 - (1 << 30);
        return (int)BigInteger.Divide(product + nudge, BigInteger.One << 31);
    }

    private static int Pick(Prng numbers, int i) =>
        i % 3 == 0 ? s_edges[i / 3 % s_edges.Length] : (int)numbers.Next() >> (i % 32);
}
