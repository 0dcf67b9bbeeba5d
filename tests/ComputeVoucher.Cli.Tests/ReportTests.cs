using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Cli.Tests;

public sealed class ReportTests
{
    [Fact]
    public void ToJson_AllKinds_OneObjectInOrder()
    {
        Report report = new Report()
            .Add("text", "a\"b\n")
            .Add("none", (string?)null)
            .Add("flag", true)
            .Add("number", 12345UL)
            .Add("exact", 1UL << 53)
            .Add("beyond", (1UL << 53) + 1)
            .Add("figure", 1.23456)
            .Add("nested", new Report().Add("inner", 1))
            .Add("rows", [new Report().Add("x", 1), new Report().Add("x", 2)]);
        Assert.Equal(
            "{\"text\":\"a\\\"b\\n\",\"none\":null,\"flag\":true,\"number\":12345,"
            + "\"exact\":9007199254740992,\"beyond\":\"9007199254740993\",\"figure\":1.235,"
            + "\"nested\":{\"inner\":1},\"rows\":[{\"x\":1},{\"x\":2}]}",
            report.ToJson());
    }

    /// <summary>Amounts are strings, however small, and times numbers that people see as dates.
    /// </summary>
    [Fact]
    public void Amounts_AreStrings_TimesAreDates()
    {
        Report report = new Report()
            .Add("units", (UInt128)7)
            .Add("most", UInt128.MaxValue)
            .Add("wei", (UInt256)1_000_000_000UL)
            .AddTime("at", 1_795_904_930)
            .AddTime("none", 0);
        Assert.Equal(
            "{\"units\":\"7\",\"most\":\"340282366920938463463374607431768211455\","
            + "\"wei\":\"1000000000\",\"at\":1795904930,\"none\":0}",
            report.ToJson());
        Assert.Contains("at     2026-11-28 22:28:50 UTC\nnone   never\n", report.ToText(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void ToText_Values_Aligned() => Assert.Equal(
        "a      1\nlonger  yes\nrows  none\n".Replace("a      1", "a       1"),
        new Report().Add("a", 1).Add("longer", true).Add("rows", Array.Empty<Report>()).ToText());
}
