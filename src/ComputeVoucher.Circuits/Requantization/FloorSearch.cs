using System;

namespace ComputeVoucher.Circuits;

/// <summary>
/// Finds the division that equals a requantization, double rounding and all, and proves it by the
/// thresholds of both. A small divisor makes a cheap circuit, so divisors come from the small
/// fractions near the scale; a power of two would need 23 to 31 bits where these have 10 to 18.
/// </summary>
internal static class FloorSearch
{
    /// <summary>All channels of the models here have a solution far below.</summary>
    private const int FactorMax = 1 << 16;

    /// <summary>Where outputs lie on both sides a single division rarely exists, and then with a
    /// small factor (averages of 4 to 64 elements: 128).</summary>
    private const int SingleFactorMax = 256;

    /// <exception cref="CircuitException">There is no such division.</exception>
    public static Floor Find(Rescaling rescaling, int low, int high)
    {
        Thresholds steps = new(rescaling, low, high);
        if (steps.Count == 0)
        {
            int output = steps.First - 1;
            return Make(rescaling, steps, 1, 1, 0, 0, false, output, output);
        }

        bool isTwoSided = steps.First <= rescaling.Zero
            && steps.First + steps.Count - 1 > rescaling.Zero;
        for (int factor = 1; factor <= (isTwoSided ? SingleFactorMax : FactorMax); factor++)
        {
            if (Try(rescaling, steps, factor, isTwoSided: false) is { } found)
            {
                return found;
            }
        }

        for (int factor = 1; isTwoSided && factor <= FactorMax; factor++)
        {
            if (Try(rescaling, steps, factor, isTwoSided: true) is { } found)
            {
                return found;
            }
        }

        throw new CircuitException("a requantization is no division with a factor of at most "
            + $"{FactorMax}");
    }

    private static Floor? Try(
        Rescaling rescaling, Thresholds steps, int factor, bool isTwoSided)
    {
        long nearest = (long)((((Int128)factor * rescaling.Span) + (rescaling.Per / 2))
            / rescaling.Per);
        int step = isTwoSided ? 2 : 1;
        nearest -= isTwoSided ? nearest % 2 : 0;
        ReadOnlySpan<int> around = [0, 1, -1, 2, -2];
        foreach (int offset in around)
        {
            long divisor = nearest + (offset * step);
            Floor? found = divisor < step ? null
                : isTwoSided ? TwoSided(rescaling, steps, factor, divisor)
                : Single(rescaling, steps, factor, divisor);
            if (found is not null)
            {
                return found;
            }
        }

        return null;
    }

    private static Floor? Single(
        Rescaling rescaling, Thresholds steps, long factor, long divisor) =>
        Offset(steps, factor, divisor, 0, steps.Count) is { } offset
            ? Make(rescaling, steps, factor, divisor, offset, offset, false,
                rescaling.Min, rescaling.Max)
            : null;

    private static Floor? TwoSided(
        Rescaling rescaling, Thresholds steps, long factor, long divisor)
    {
        int split = rescaling.Zero + 1 - steps.First;
        if (Offset(steps, factor, divisor, 0, split) is not { } below
            || Offset(steps, factor, divisor, split, steps.Count) is not { } above)
        {
            return null;
        }

        // Each branch is right where it is admitted, and every sum is admitted to one.
        long middle = divisor / 2 * ((2L * rescaling.Zero) + 1);
        long firstAbove = CeilingOf(middle - above, factor);
        long firstNotBelow = CeilingOf(middle - below, factor);
        return steps.Of(rescaling.Zero) <= firstAbove && firstAbove <= firstNotBelow
            && firstNotBelow <= steps.Of(rescaling.Zero + 1)
            ? Make(rescaling, steps, factor, divisor, above, below, true,
                rescaling.Min, rescaling.Max)
            : null;
    }

    /// <summary>The B for which ⌊(factor · sum + B) / divisor⌋ has these thresholds: it is at least
    /// D · q − A · T and less than A above that, for each.</summary>
    private static long? Offset(Thresholds steps, long factor, long divisor, int from, int to)
    {
        long least = long.MaxValue;
        long greatest = long.MinValue;
        for (int i = from; i < to; i++)
        {
            long offset = (divisor * (steps.First + i)) - (factor * steps[i]);
            least = Math.Min(least, offset);
            greatest = Math.Max(greatest, offset);
            if (greatest - least >= factor)
            {
                return null;
            }
        }

        return greatest;
    }

    private static long CeilingOf(long value, long divisor) => -Floor.FloorOf(-value, divisor);

    private static Floor Make(Rescaling rescaling, Thresholds steps, long factor, long divisor,
        long above, long below, bool isTwoSided, int min, int max) => new()
        {
            A = factor,
            D = divisor,
            Above = above,
            Below = below,
            IsTwoSided = isTwoSided,
            Zero = rescaling.Zero,
            Min = min,
            Max = max,
            Low = steps.Low,
            High = steps.High,
        };
}
