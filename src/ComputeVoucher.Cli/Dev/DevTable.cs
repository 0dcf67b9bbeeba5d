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
            Report().Print(json);
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
        UInt256[] units = [Served, Orders.AckedUnits, After.Redeemed, Redeemed.Units];
        UInt256 due = (UInt256)(Served * Price / 1_000_000_000);
        if (units.Distinct().Count() != 1 || After.ProviderBalance != due)
        {
            throw new CommandException($"the sums do not agree: {string.Join(",", units)}, paid "
                + $"{After.ProviderBalance}, due {due}");
        }
    }

    public string ToText()
    {
        StringBuilder text = new();
        Row(text, "", "before", "after");
        foreach ((string name, UInt256 before, UInt256 after) in Rows())
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

    private List<(string Name, UInt256 Before, UInt256 After)> Rows() =>
    [
        ("units bought and locked", Before.Locked, After.Locked),
        ("units served", 0, Served),
        ("units acknowledged", 0, Orders.AckedUnits),
        ("units redeemed and burned", Before.Redeemed, After.Redeemed),
        ("escrow, token base units", Before.Escrow, After.Escrow),
        ("earned, not yet settled", Before.Earned, After.Earned),
        ("provider balance, base units", Before.ProviderBalance, After.ProviderBalance),
        ("holder balance, base units", Before.HolderBalance, After.HolderBalance),
    ];

    private Report Report()
    {
        Report report = new();
        foreach ((string name, UInt256 before, UInt256 after) in Rows())
        {
            report.Add(name, new Report()
                .Add("before", before.ToString())
                .Add("after", after.ToString()));
        }

        return report
            .Add("orders", Orders.Latencies.Count)
            .Add("seconds", Orders.Elapsed.TotalSeconds)
            .Add("redemption", Redeemed.Report());
    }

    private string At(double share) =>
        Orders.Latencies.At(share).ToString("#,##0.###", CultureInfo.InvariantCulture);

    private static string Rate(int count, double seconds) =>
        Grouped((BigInteger)Math.Round(count / seconds));

    private static string Grouped(BigInteger number) =>
        number.ToString("#,##0", CultureInfo.InvariantCulture);

    private static void Row(StringBuilder text, string name, string before, string after) =>
        text.Append(CultureInfo.InvariantCulture, $"{name,-34}{before,20}{after,20}\n");
}
