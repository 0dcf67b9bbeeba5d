namespace ComputeVoucher.Circuits;

/// <summary>
/// A requantization as one division: output = clamp(⌊(A · sum + B) / D⌋). Where halves are rounded
/// away from a zero point with outputs on both of its sides, B is one number above and another
/// below, and the half of the remainder tells which: <c>below</c> exactly where twice the output
/// plus that half is less than twice the zero point plus one.
/// </summary>
internal sealed class Floor
{
    public required long A { get; init; }

    /// <summary>Even where it is two-sided.</summary>
    public required long D { get; init; }

    /// <summary>B of outputs above the zero point.</summary>
    public required long Above { get; init; }

    /// <summary>B of outputs up to the zero point.</summary>
    public required long Below { get; init; }

    public required bool IsTwoSided { get; init; }

    public required int Zero { get; init; }

    /// <summary>Least and greatest output.</summary>
    public required int Min { get; init; }

    public required int Max { get; init; }

    /// <summary>Least and greatest sum for which it was proven.</summary>
    public required int Low { get; init; }

    public required int High { get; init; }

    /// <summary>Whether it has one output alone, and no division.</summary>
    public bool IsConstant => Min == Max;

    /// <summary>The branch that an honest prover takes.</summary>
    public bool IsBelow(int sum) => IsTwoSided && (A * sum) + Below < D / 2 * ((2L * Zero) + 1);

    /// <summary>⌊(A · sum + B) / D⌋ in one of the branches, and the half of its remainder.
    /// </summary>
    public (long Quotient, bool IsUpperHalf) Divide(int sum, bool below)
    {
        long total = (A * sum) + (below ? Below : Above);
        long quotient = FloorOf(total, D);
        return (quotient, total - (quotient * D) >= D / 2);
    }

    /// <summary>Rounded towards −∞.</summary>
    public static long FloorOf(long value, long divisor) =>
        (value / divisor) - (value % divisor < 0 ? 1 : 0);
}
