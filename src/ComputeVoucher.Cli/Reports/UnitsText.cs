using System;
using System.Globalization;

namespace ComputeVoucher.Cli;

/// <summary>Compute units for people: three digits are enough to know what something costs.
/// </summary>
internal static class UnitsText
{
    private const uint Million = 1_000_000;

    /// <summary>"906560 CU", "21.4 M CU", "140 M CU"; rounded down.</summary>
    public static string Of(UInt128 units)
    {
        UInt128 tenths = units / (Million / 10);
        return units < Million ? $"{units} CU"
            : units < 100 * Million ? string.Create(
                CultureInfo.InvariantCulture, $"{tenths / 10}.{tenths % 10} M CU")
            : $"{units / Million} M CU";
    }
}
