using System;

namespace ComputeVoucher.Cli.Tests;

/// <summary>The figures of a run as they are shown, and the sums that have to agree.</summary>
public sealed class DevTableTests
{
    [Fact]
    public void Text_OfARun_IsTheTableOfTheReadme()
    {
        const string Wanted = """
                                                            before               after
            units bought and locked                     23,299,000          23,299,000
            units served                                         0          11,603,968
            units acknowledged                                   0          11,603,968
            units redeemed and burned                            0          11,603,968
            escrow, token base units                        23,299              11,696
            earned, not yet settled                              0                   0
            provider balance, base units                         0              11,603
            holder balance, base units                           0                   0

              …there was a boy.

            4 orders in 1.214 s, 3 a second; every receipt checked
            latency, microseconds: p50 1,000.25  p90 2,573  p99 2,573  max 2,573
            redeemed in 1 transaction, 85,333 gas

            """;
        Assert.Equal(Wanted, Table(11_603_968, 11_603).ToText());
    }

    [Fact]
    public void Json_OfARun_HasEveryFigureOfTheText()
    {
        const string Wanted = """
            {"unitsLocked":{"before":"23299000","after":"23299000"},
            "unitsServed":{"before":"0","after":"11603968"},
            "unitsAcknowledged":{"before":"0","after":"11603968"},
            "unitsRedeemed":{"before":"0","after":"11603968"},
            "escrow":{"before":"23299","after":"11696"},
            "earned":{"before":"0","after":"0"},
            "providerBalance":{"before":"0","after":"11603"},
            "holderBalance":{"before":"0","after":"0"},
            "orders":4,"seconds":1.214,"ordersPerSecond":3.295,
            "latencyMicros":{"p50":1000.25,"p90":2573,"p99":2573,"max":2573},
            "answers":["  there was a boy.\n"],
            """;
        string json = Table(11_603_968, 11_603).ToReport().ToJson();
        Assert.StartsWith(Wanted.Replace("\n", ""), json, StringComparison.Ordinal);
        Assert.EndsWith(",\"redemptionGas\":85333}", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_SumsThatAgree_Passes() => Table(11_603_968, 11_603).Check();

    [Theory]
    [InlineData(11_603_967UL, 11_603UL)]
    [InlineData(11_603_968UL, 11_604UL)]
    public void Check_AUnitOrATokenOff_Throws(ulong served, ulong paid) =>
        Assert.Throws<CommandException>(Table(served, paid).Check);

    private static DevTable Table(ulong served, ulong paid) => new()
    {
        Before = new DevSnapshot(23_299_000, 0, 23_299, 0, 0, 0),
        After = new DevSnapshot(23_299_000, 11_603_968, 11_696, 0, paid, 0),
        Served = served,
        Orders = new DevOrders.Outcome(11_603_968, new Latencies([1_361.4, 900, 1_000.25, 2_573]),
            TimeSpan.FromMilliseconds(1_214), ["  there was a boy.\n"]),
        Redeemed = new Redemption(11_603_968, 11_603, 11_603_968, 11_603_968,
            [new Report()], 85_333),
        Price = 1_000_000,
    };
}
