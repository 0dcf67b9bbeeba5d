using System;
using System.Globalization;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>Amounts of the coin that pays for gas, as people read them.</summary>
public static class Coins
{
    /// <summary>Wei of one coin.</summary>
    private const ulong WeiOfOne = 1_000_000_000_000_000_000;

    /// <summary>Wei that an amount of a token is worth; what is beyond 128 bits is all of them.
    /// </summary>
    /// <param name="tokenUnits">Token base units.</param>
    /// <param name="weiPerUnit">Worth of one.</param>
    public static UInt128 Worth(UInt256 tokenUnits, UInt256 weiPerUnit) =>
        weiPerUnit.IsZero || tokenUnits <= (UInt256)UInt128.MaxValue / weiPerUnit
            ? (tokenUnits * weiPerUnit).ToUInt128()
            : UInt128.MaxValue;

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
