using System;
using ComputeVoucher.Execution.Graphs;

namespace ComputeVoucher.Circuits;

/// <summary>
/// Finds the one division that equals ADD with its three requantizations:
/// output = clamp(⌊(first · x + second · y + B) / D⌋), proven by all 65,536 pairs of bytes.
/// </summary>
internal static class PairSearch
{
    private const int DivisorMax = 1 << 16;
    private const int Bytes = 1 << 8;

    /// <summary>Odd, so that its multiples visit every pair; far ones come first, which rule most
    /// divisors out.</summary>
    private const int Stride = 40_503;

    /// <exception cref="CircuitException">There is no such division.</exception>
    public static PairFloor Find(Add add)
    {
        // [128 + x, 128 + y]
        sbyte[] outputs = new sbyte[Bytes * Bytes];
        for (int i = 0; i < outputs.Length; i++)
        {
            outputs[i] = add.Sum((i / Bytes) - Signal.Offset, (i % Bytes) - Signal.Offset);
        }

        ReadOnlySpan<int> around = [0, 1, -1];
        for (long divisor = 1; divisor <= DivisorMax; divisor++)
        {
            long nearFirst = Scaled(divisor, add.First, add.Total);
            long nearSecond = Scaled(divisor, add.Second, add.Total);
            foreach (int i in around)
            {
                foreach (int k in around)
                {
                    (long first, long second) = (nearFirst + i, nearSecond + k);
                    if (Offset(outputs, add.End, first, second, divisor) is { } offset)
                    {
                        return new PairFloor(
                            first, second, Make(add.End, first, second, divisor, offset));
                    }
                }
            }
        }

        throw new CircuitException(
            $"its three requantizations are no division by at most {DivisorMax}");
    }

    /// <summary>divisor · factor · total · 2^20, to the nearest: the operand's share.</summary>
    private static long Scaled(long divisor, Rescale factor, Rescale total)
    {
        int shift = 62 - Add.SpareBits - factor.Shift - total.Shift;
        Int128 product = (Int128)divisor * factor.Multiplier * total.Multiplier;
        return (long)((product + (Int128.One << (shift - 1))) >> shift);
    }

    /// <summary>The least B that is right for all pairs; null where none is.</summary>
    private static long? Offset(
        sbyte[] outputs, OutputEnd end, long first, long second, long divisor)
    {
        long least = long.MinValue;
        long greatest = long.MaxValue;
        int at = 0;
        for (int n = 0; n < outputs.Length; n++)
        {
            at = (at + Stride) % outputs.Length;
            int output = outputs[at];
            long sum = (first * ((at / Bytes) - Signal.Offset))
                + (second * ((at % Bytes) - Signal.Offset));
            least = output == end.Min ? least : Math.Max(least, (divisor * output) - sum);
            greatest = output == end.Max
                ? greatest : Math.Min(greatest, (divisor * (output + 1)) - 1 - sum);
            if (least > greatest)
            {
                return null;
            }
        }

        return least == long.MinValue ? greatest : least;
    }

    private static Floor Make(
        OutputEnd end, long first, long second, long divisor, long offset) => new()
        {
            A = 1,
            D = divisor,
            Above = offset,
            Below = offset,
            IsTwoSided = false,
            Zero = end.ZeroPoint,
            Min = end.Min,
            Max = end.Max,
            Low = (int)(Least(first) + Least(second)),
            High = (int)-(Least(-first) + Least(-second)),
        };

    /// <summary>Of weight · x over all bytes.</summary>
    private static long Least(long weight) =>
        weight * (weight < 0 ? sbyte.MaxValue : sbyte.MinValue);
}

/// <summary>The division of a weighted sum of two elements.</summary>
/// <param name="first">Weight of the first operand.</param>
/// <param name="second">Weight of the second.</param>
/// <param name="floor">Of the sum, with the factor 1.</param>
internal sealed class PairFloor(long first, long second, Floor floor)
{
    public long First { get; } = first;

    public long Second { get; } = second;

    public Floor Floor { get; } = floor;
}
