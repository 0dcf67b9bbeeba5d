using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Fraud;

/// <summary>The table at the end: money before and after, and every move with its time and gas.
/// </summary>
internal static class FraudTable
{
    private const int LabelWidth = 38;
    private const int ColumnWidth = 20;

    private static readonly CultureInfo s_culture = CultureInfo.InvariantCulture;

    public static string Of(IReadOnlyList<FraudCase> cases)
    {
        StringBuilder text = new();
        Row(text, "", cases.Select(c => c.Name));
        Money(text, "bond, before", cases, c => c.Before.Bond);
        Money(text, "bond, after", cases, c => c.After.Bond);
        Money(text, "burned of it", cases, c => c.After.Burned - c.Before.Burned);
        Money(text, "left in the court, as good as burned", cases,
            c => c.After.Court - c.Before.Court);
        Money(text, "refunds of the holder, before", cases, c => c.Before.Holder);
        Money(text, "refunds of the holder, after", cases, c => c.After.Holder);
        Money(text, "shares of the watcher, before", cases, c => c.Before.Watcher);
        Money(text, "shares of the watcher, after", cases, c => c.After.Watcher);
        Money(text, "answers paid to the provider, gwei", cases,
            c => (c.After.Fees - c.Before.Fees) / 1_000_000_000);
        Money(text, "gas of watcher and holder", cases,
            c => c.Moves.Aggregate(0UL, (sum, m) => sum + m.Gas) - c.GasOf("node"));
        Money(text, "gas of the node", cases, c => c.GasOf("node"));
        Row(text, "verdict", cases.Select(c => c.Verdict.ToLowerInvariant()));
        foreach (FraudCase played in cases)
        {
            text.Append('\n').Append(played.Name).Append('\n');
            foreach (FraudMove move in played.Moves)
            {
                text.Append(s_culture,
                    $"  day {move.At / 86_400.0,5:F1}  {move.Who,-8} {move.What,-9}");
                text.Append(s_culture, $"{move.Gas,9:N0} gas\n");
            }
        }

        return text.ToString();
    }

    private static void Money(
        StringBuilder text, string label, IReadOnlyList<FraudCase> cases,
        Func<FraudCase, UInt256> figure) => Row(
            text, label,
            cases.Select(c => ((ulong)figure(c).ToUInt128()).ToString("N0", s_culture)));

    private static void Row(StringBuilder text, string label, IEnumerable<string> cells)
    {
        text.Append(label.PadRight(LabelWidth));
        foreach (string cell in cells)
        {
            text.Append(cell.PadLeft(ColumnWidth));
        }

        text.Append('\n');
    }
}
