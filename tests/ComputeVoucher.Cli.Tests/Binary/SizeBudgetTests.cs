using System;

namespace ComputeVoucher.Cli.Tests;

public sealed class SizeBudgetTests
{
    [Fact]
    public void Lines_AreAddedUp()
    {
        SizeBudget budget = SizeBudget.Parse(["# reasons", "", "base: 11.6 MB", "a, b: 2 MB"]);
        Assert.Equal(13_600_000, budget.BytesMax);
        Assert.Equal("the binary has 13,600,001 bytes, "
            + "tests/ComputeVoucher.Cli.Tests/Binary/binary.budget allows 13,600,000: "
            + "11.6 MB base + 2 MB a, b", budget.Describe(13_600_001));
    }

    [Theory]
    [InlineData("base: 11.6")]
    [InlineData("11.6 MB")]
    [InlineData("base: -1 MB")]
    [InlineData("base: 11,6 MB")]
    [InlineData("# nothing else")]
    public void AnyOtherLine_IsRefused(string line) =>
        Assert.Throws<FormatException>(() => SizeBudget.Parse([line]));
}
