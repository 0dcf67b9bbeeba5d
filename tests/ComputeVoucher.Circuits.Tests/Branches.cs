using System;

namespace ComputeVoucher.Circuits.Tests;

/// <summary>The rule by which a division's branches are admitted, as its summary states it.
/// </summary>
internal static class Branches
{
    /// <summary>The output in a branch; null where the branch is not admitted.</summary>
    public static int? Admitted(this Floor floor, int sum, bool below)
    {
        (long quotient, bool isUpper) = floor.Divide(sum, below);
        int output = (int)Math.Clamp(quotient, floor.Min, floor.Max);
        bool isBelow = (2 * output) + (isUpper ? 1 : 0) < (2 * floor.Zero) + 1;
        return below == (floor.IsTwoSided && isBelow) ? output : null;
    }
}
