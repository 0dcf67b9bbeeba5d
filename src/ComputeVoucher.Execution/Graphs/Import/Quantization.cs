using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// From real scales to integers, in IEEE double and single exactly as TensorFlow Lite does it
/// (kernels/internal/quantization_util.cc, kernels/kernel_util.cc). After import no float is left.
/// </summary>
internal static class Quantization
{
    /// <summary>
    /// Integer bits of the scaled distance that softmax takes the exponential of.
    /// </summary>
    private const int ScaledDifferenceIntegerBits = 5;

    /// <summary>
    /// multiplier · 2^(shift − 31) nearest to a non-negative factor; below 2^−32 it is 0
    /// (QuantizeMultiplier).
    /// </summary>
    public static Rescale Quantize(double factor)
    {
        if (factor == 0)
        {
            return new Rescale(0, 0);
        }

        // frexp: factor = fraction · 2^shift with fraction in [1/2, 1).
        int shift = Math.ILogB(factor) + 1;
        double fraction = Math.ScaleB(factor, -shift);
        long multiplier = (long)Math.Round(fraction * (1L << 31), MidpointRounding.AwayFromZero);
        if (multiplier == 1L << 31)
        {
            multiplier /= 2;
            shift++;
        }

        return shift < FixedPoint.ShiftMin
            ? new Rescale(0, 0)
            : new Rescale((int)multiplier, shift);
    }

    /// <summary>Scale · beta in Q5.26, and the least difference that matters.</summary>
    /// <returns>Null where the reference demands a factor above 1.</returns>
    public static (int Multiplier, int LeftShift, int DifferenceMin)? Softmax(
        float beta, float inputScale)
    {
        double factor = Math.Min(
            (double)beta * inputScale * (1 << (31 - ScaledDifferenceIntegerBits)),
            (1L << 31) - 1.0);
        if (!(factor > 1))
        {
            return null;
        }

        Rescale rescale = Quantize(factor);
        double radius = 1.0 * ((1 << ScaledDifferenceIntegerBits) - 1)
            * (1L << (31 - ScaledDifferenceIntegerBits)) / (1L << rescale.Shift);
        return (rescale.Multiplier, rescale.Shift, -(int)Math.Floor(radius));
    }

    /// <summary>
    /// Clamp of a fused activation, or null for one that is not supported
    /// (CalculateActivationRangeQuantized).
    /// </summary>
    public static Activation? Activation(byte function, GraphTensor output, float scale)
    {
        double least = function switch
        {
            TfliteSchema.None => double.NegativeInfinity,
            TfliteSchema.Relu or TfliteSchema.Relu6 => Level(0),
            TfliteSchema.ReluN1To1 => Level(-1),
            _ => double.NaN,
        };
        if (double.IsNaN(least))
        {
            return null;
        }

        double greatest = function switch
        {
            TfliteSchema.Relu6 => Level(6),
            TfliteSchema.ReluN1To1 => Level(1),
            _ => double.PositiveInfinity,
        };
        return new Activation(
            (int)Math.Max(output.Min, least), (int)Math.Min(output.Max, greatest));

        // The division is single precision there, so it is here.
        double Level(float real) => output.ZeroPoint
            + (double)MathF.Round(real / scale, MidpointRounding.AwayFromZero);
    }
}
