using System;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.ModelFiles;

namespace ComputeVoucher.Execution.Tests;

/// <summary>Scales to integers, as quantization_util.cc does it.</summary>
public sealed class QuantizationTests
{
    [Theory]
    [InlineData(0.0, 0, 0)]
    [InlineData(1.0, 1 << 30, 1)]
    [InlineData(0.5, 1 << 30, 0)]
    [InlineData(0.25, 1 << 30, -1)]
    [InlineData(3.0, 3 << 29, 2)]
    [InlineData(0.75, 3 << 29, 0)]
    [InlineData(0.1, 1717986918, -3)]
    [InlineData(0.99999999999, 1 << 30, 1)]
    [InlineData(2.3283064365386963e-10, 1 << 30, -31)]
    [InlineData(1.1641532182693481e-10, 0, 0)]
    public void Quantize_Factor_EqualsReference(double factor, int multiplier, int shift) =>
        Assert.Equal(new Rescale(multiplier, shift), Quantization.Quantize(factor));

    [Fact]
    public void Quantize_RandomFactors_AreNearest()
    {
        Prng numbers = new(11);
        for (int i = 0; i < 10_000; i++)
        {
            double factor = Math.ScaleB(
                1 + (numbers.Next() >> 11) / (double)(1L << 53), numbers.Between(-31, 29));
            Rescale r = Quantization.Quantize(factor);
            Assert.InRange(r.Multiplier, 1 << 30, int.MaxValue);
            Assert.InRange(
                Math.Abs(Math.ScaleB(r.Multiplier, r.Shift - 31) - factor),
                0, Math.ScaleB(0.5, r.Shift - 31));
        }
    }

    [Theory]
    [InlineData(TfliteSchema.None, -128, 127)]
    [InlineData(TfliteSchema.Relu, -10, 127)]
    [InlineData(TfliteSchema.Relu6, -10, 50)]
    [InlineData(TfliteSchema.ReluN1To1, -20, 0)]
    public void Activation_Fused_IsClamp(byte function, int min, int max) => Assert.Equal(
        new Activation(min, max),
        Quantization.Activation(function, GraphBuilder.Int8(-10, 1), 0.1f));

    [Fact]
    public void Activation_Unknown_IsNull() =>
        Assert.Null(Quantization.Activation(4, GraphBuilder.Int8(-10, 1), 0.1f));

    [Fact]
    public void Fold_Count_DropsTheRemainderOfTheDivision()
    {
        // 7 = 2^2 · 1.75: two bits of room, then an integer division, as reduce.h has it. The
        // quotient is 613566756.57.
        Assert.Equal((613_566_756, -1), Mean.Fold(1 << 30, 1, 7));
    }
}
