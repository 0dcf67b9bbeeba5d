using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Numerics;
using System.Text.RegularExpressions;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain.Tests;

/// <summary>Bounds that stand in the contracts and here are one number.</summary>
public sealed partial class SharedLimitsTests
{
    private static readonly Dictionary<string, BigInteger> s_twins = new()
    {
        ["REDEEM_GRACE"] = VoucherLimits.ExpiryGraceSeconds,
        ["CHANNEL_UNITS_MAX"] = VoucherLimits.UnitsMax,
        ["THAW_MIN"] = VoucherLimits.ThawSecondsMin,
        ["THAW_MAX"] = VoucherLimits.ThawSecondsMax,
        ["WINDOW_MAX"] = VoucherLimits.WindowSecondsMax,
        ["EXPIRY_MAX"] = VoucherLimits.ExpirySecondsMax,
        ["BPS"] = VoucherLimits.BasisPointsMax,
        ["BATCH_ROWS_MAX"] = ChainLimits.BatchRowsMax,
    };

    /// <summary>Bounds that the contracts alone enforce.</summary>
    private static readonly string[] s_contractsOnly =
    [
        "ORDER_HORIZON", "UNIT_PRICE_MAX", "SUPPLY_MAX", "SLASH_BURN_BPS", "COURT_GRACE",
        "DEFERRAL_MAX",
    ];

    [Fact]
    public void EveryBoundOfTheContracts_HasItsTwinOrNeedsNone()
    {
        Dictionary<string, BigInteger> contracts = Constant()
            .Matches(File.ReadAllText(Path.Combine(
                SharedData.RepositoryRoot, "src", "contracts", "libraries", "Limits.sol")))
            .ToDictionary(match => match.Groups[1].Value, match => Value(match.Groups[2].Value));
        Assert.Equal(
            s_twins.Keys.Concat(s_contractsOnly).Order(StringComparer.Ordinal),
            contracts.Keys.Order(StringComparer.Ordinal));
        foreach ((string name, BigInteger ours) in s_twins)
        {
            Assert.True(ours == contracts[name], $"{name}: {contracts[name]} there, {ours} here");
        }
    }

    [Theory]
    [InlineData("30 days", "2592000")]
    [InlineData("5 * 365 days", "157680000")]
    [InlineData("2 ** 63 - 1", "9223372036854775807")]
    [InlineData("type(uint128).max", "340282366920938463463374607431768211455")]
    [InlineData("10_000", "10000")]
    public void Value_OfWhatSolidityWrites_IsRead(string text, string value) =>
        Assert.Equal(BigInteger.Parse(value, CultureInfo.InvariantCulture), Value(text));

    private static BigInteger Value(string text) => text.Split(" - ") switch
    {
        [string first, string second] => Value(first) - Value(second),
        _ => text.Split(" * ").Select(Factor).Aggregate(BigInteger.Multiply),
    };

    private static BigInteger Factor(string text) => text.Replace("_", "").Split(' ') switch
    {
        [string number, "days"] => 86_400 * Factor(number),
        [string number, "**", string power] => BigInteger.Pow(Factor(number), (int)Factor(power)),
        ["type(uint128).max"] => UInt128.MaxValue,
        [string number] => BigInteger.Parse(number, CultureInfo.InvariantCulture),
        _ => throw new FormatException(text),
    };

    [GeneratedRegex(@"constant (\w+) = ([^;]+);")]
    private static partial Regex Constant();
}
