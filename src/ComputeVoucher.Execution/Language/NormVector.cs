using System;

namespace ComputeVoucher.Execution.Language;

/// <summary>Gains of an RMSNorm: gain = g · 2^-Exponent, g int16.</summary>
/// <remarks>
/// Gains is [Dim]; Exponent the largest up to <see cref="ExponentMax"/> with every rounded gain in
/// ±32,767.
/// </remarks>
internal sealed record NormVector(short[] Gains, int Exponent)
{
    /// <summary>Only gains below 2^-15 could use more, and they would be all noise.</summary>
    public const int ExponentMax = 30;

    /// <summary>Gains above 32,767 would need a negative one.</summary>
    public const int ExponentMin = 0;

    /// <summary>
    /// round(gain · 2^e), halves away from zero, in double: exact for float32 gains.
    /// </summary>
    public static NormVector? From(ReadOnlySpan<float> gains)
    {
        double max = 0;
        foreach (float g in gains)
        {
            if (!float.IsFinite(g))
            {
                return null;
            }

            max = Math.Max(max, Math.Abs((double)g));
        }

        int exponent = ExponentMax;
        while (Rounded(max, exponent) > short.MaxValue)
        {
            if (--exponent < ExponentMin)
            {
                return null;
            }
        }

        short[] values = new short[gains.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (short)Rounded(gains[i], exponent);
        }

        return new NormVector(values, exponent);
    }

    /// <summary>The gain as a real number, for bounds and measurements.</summary>
    public double Real(int i) => Math.ScaleB((double)Gains[i], -Exponent);

    private static double Rounded(double value, int exponent) =>
        Math.Round(Math.ScaleB(value, exponent), MidpointRounding.AwayFromZero);
}
