using System;

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

    [Fact]
    public void ToText_Values_Aligned() => Assert.Equal(
        "a      1\nlonger  yes\nrows  none\n".Replace("a      1", "a       1"),
        new Report().Add("a", 1).Add("longer", true).Add("rows", Array.Empty<Report>()).ToText());
}
