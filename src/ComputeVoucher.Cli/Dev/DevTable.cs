using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Numerics;
using System.Text;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Cli;

/// <summary>The figures of one whole run, before and after, and whether they agree.</summary>
internal sealed class DevTable
{
    /// <summary>Texts shown of the answers.</summary>
    private const int TextsShown = 3;

    public required DevSnapshot Before { get; init; }

    public required DevSnapshot After { get; init; }

    /// <summary>As the node counted.</summary>
    public required UInt128 Served { get; init; }

    /// <summary>As the holder counted.</summary>
    public required DevOrders.Outcome Orders { get; init; }

    public required Redemption Redeemed { get; init; }

    /// <summary>Token base units per 1,000,000,000 units.</summary>
    public required UInt128 Price { get; init; }

    public void Print(bool json)
    {
        if (json)
        {
            ToReport().Print(json);
        }
        else
        {
            Console.Out.Write(ToText());
            Console.Out.Flush();
        }
    }

    /// <summary>Node, holder and contracts counted the same units, and they were paid.</summary>
    /// <exception cref="CommandException">They differ.</exception>
    public void Check()
    {
        UInt256 served = Served;
        UInt256[] units = [served, Orders.AckedUnits, After.Redeemed, Redeemed.Units];
        UInt256 due = (UInt256)(Served * Price / 1_000_000_000);
        if (!Array.TrueForAll(units, one => one == served) || After.ProviderBalance != due)
        {
            throw new CommandException($"the sums do not agree: {string.Join(",", units)}, paid "
                + $"{After.ProviderBalance}, due {due}");
        }
    }

    public string ToText()
    {
        StringBuilder text = new();
        Row(text, "", "before", "after");
        foreach ((_, string name, UInt256 before, UInt256 after) in Rows())
        {
            Row(text, name, Grouped(before.ToBigInteger()), Grouped(after.ToBigInteger()));
        }

        foreach (string answer in Orders.Texts.Take(TextsShown))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  …{answer.Trim()}\n");
        }

        (Latencies latencies, double seconds) = (Orders.Latencies, Orders.Elapsed.TotalSeconds);
        text.Append(CultureInfo.InvariantCulture, $"\n{Grouped(latencies.Count)} orders in ")
            .Append(CultureInfo.InvariantCulture, $"{seconds:0.###} s, ")
            .Append(CultureInfo.InvariantCulture, $"{Rate(latencies.Count, seconds)} a second; ")
            .Append("every receipt checked\n")
            .Append(CultureInfo.InvariantCulture, $"latency, microseconds: p50 {At(0.50)}  ")
            .Append(CultureInfo.InvariantCulture, $"p90 {At(0.90)}  p99 {At(0.99)}  ")
            .Append(CultureInfo.InvariantCulture, $"max {At(1)}\n")
            .Append(CultureInfo.InvariantCulture, $"redeemed in {Redeemed.Transactions.Count} ")
            .Append("transaction, ").Append(Grouped(Redeemed.Gas))
            .Append(" gas\n");
        return text.ToString();
    }

    /// <summary>All figures of the text, for programs.</summary>
    public Report ToReport()
    {
        Report report = new();
        foreach ((string key, _, UInt256 before, UInt256 after) in Rows())
        {
            report.Add(key, new Report()
                .Add("before", before.ToString())
                .Add("after", after.ToString()));
        }

        (Latencies latencies, double seconds) = (Orders.Latencies, Orders.Elapsed.TotalSeconds);
        return report
            .Add("orders", latencies.Count)
            .Add("seconds", seconds)
            .Add("ordersPerSecond", latencies.Count / seconds)
            .Add("latencyMicros", new Report()
                .Add("p50", latencies.At(0.50))
                .Add("p90", latencies.At(0.90))
                .Add("p99", latencies.At(0.99))
                .Add("max", latencies.At(1)))
            .Add("answers", Orders.Texts)
            .Add("redemption", Redeemed.Report())
            .Add("redemptionGas", Redeemed.Gas);
    }

    private List<(string Key, string Name, UInt256 Before, UInt256 After)> Rows() =>
    [
        ("unitsLocked", "units bought and locked", Before.Locked, After.Locked),
        ("unitsServed", "units served", 0, Served),
        ("unitsAcknowledged", "units acknowledged", 0, Orders.AckedUnits),
        ("unitsRedeemed", "units redeemed and burned", Before.Redeemed, After.Redeemed),
        ("escrow", "escrow, token base units", Before.Escrow, After.Escrow),
        ("earned", "earned, not yet settled", Before.Earned, After.Earned),
        ("providerBalance", "provider balance, base units",
            Before.ProviderBalance, After.ProviderBalance),
        ("holderBalance", "holder balance, base units",
            Before.HolderBalance, After.HolderBalance),
    ];

    private string At(double share) =>
        Orders.Latencies.At(share).ToString("#,##0.###", CultureInfo.InvariantCulture);

    private static string Rate(int count, double seconds) =>
        Grouped((BigInteger)Math.Round(count / seconds));

    private static string Grouped(BigInteger number) =>
        number.ToString("#,##0", CultureInfo.InvariantCulture);

    private static void Row(StringBuilder text, string name, string before, string after) =>
        text.Append(CultureInfo.InvariantCulture, $"{name,-34}{before,20}{after,20}\n");
}
