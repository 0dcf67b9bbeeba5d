using System;
using ComputeVoucher.Client;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli.Tests;

/// <summary>What a request says of its orders.</summary>
public sealed class RequestReportTests
{
    [Theory]
    [InlineData(906_560, "906560 CU")]
    [InlineData(1_000_000, "1.0 M CU")]
    [InlineData(21_499_999, "21.4 M CU")]
    [InlineData(140_123_456, "140 M CU")]
    public void UnitsText_ThreeDigits(long units, string text) =>
        Assert.Equal(text, UnitsText.Of((UInt128)units));

    [Theory]
    [InlineData(-1, false, "finished order 7 of an earlier run: 150 tokens, 140 M CU")]
    [InlineData(-1, true, "finished order 7 of an earlier run: 150 tokens, 140 M CU")]
    [InlineData(0, true, "stopped order 7: 150 tokens, 140 M CU")]
    [InlineData(0, false, null)]
    public void Notes_SayWhatAnEarlierRunOrAStopCost(int index, bool isStopped, string? line)
    {
        OrderOutcome outcome = Outcome(index);
        Assert.Equal(line, new RequestNotes(isStream: true).Line(outcome, isStopped));
        Assert.Equal(line?.Replace("150 tokens, ", "", StringComparison.Ordinal),
            new RequestNotes(isStream: false).Line(outcome, isStopped));
    }

    [Fact]
    public void Left_NamesTheOrdersThatMayBePaidFor()
    {
        PendingOrder open = Outcome(0).Order;
        Assert.Contains("order 7 may still be paid for", RequestNotes.Left([open]),
            StringComparison.Ordinal);
        Assert.Contains("orders 7 to 7", RequestNotes.Left([open, open]),
            StringComparison.Ordinal);
        Assert.DoesNotContain("paid", RequestNotes.Left([]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, """{"max":100}""")]
    [InlineData(2, """{"p50":100,"max":200}""")]
    [InlineData(10, """{"p50":500,"p90":900,"max":1000}""")]
    [InlineData(100, """{"p50":5000,"p90":9000,"p99":9900,"max":10000}""")]
    public void Percentiles_OnlyWhereThereAreEnough(int runs, string json)
    {
        RequestFigures figures = new(runs);
        for (int i = 0; i < runs; i++)
        {
            figures.Add(Outcome(i) with { Latency = TimeSpan.FromMicroseconds(100 * (i + 1)) });
        }

        Assert.Equal(json, figures.LatencyReport().ToJson());
    }

    private static OrderOutcome Outcome(int index)
    {
        Order order = new(default, 7, default, default, 200_000_000, 0, OrderFlags.None, default);
        Receipt receipt = new(default, 150, default, default, 140_123_456);
        return new OrderOutcome(index, new PendingOrder(order, default, default, default), receipt,
            default(Signature), [], TimeSpan.Zero, null);
    }
}
