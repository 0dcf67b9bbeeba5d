using System.Globalization;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>Amounts of the coin that pays for gas, as people read them.</summary>
internal static class Coins
{
    /// <summary>Wei of one coin.</summary>
    private const ulong WeiOfOne = 1_000_000_000_000_000_000;

    /// <summary>Wei, and the same in coins with what digits it needs.</summary>
    public static string Describe(UInt256 wei)
    {
        UInt256 whole = wei / WeiOfOne;
        UInt256 rest = wei - (whole * WeiOfOne);
        string digits = rest.ToString().PadLeft(18, '0').TrimEnd('0');
        return string.Create(CultureInfo.InvariantCulture,
            $"{wei} wei ({whole}{(digits.Length > 0 ? "." : "")}{digits} ETH)");
    }
}
