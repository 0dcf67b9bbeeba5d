using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Node;

namespace ComputeVoucher.Cli;

/// <summary>Asks the node that has a ledger open, and prints what it says.</summary>
internal static class RunningNode
{
    /// <summary>The answer as a report; null when no node runs on this ledger.</summary>
    public static async Task<Report?> AskAsync(
        NodeConfiguration configuration, string command, string argument, CancellationToken cancel)
    {
        JsonElement? answer = await ControlClient
            .AskAsync(configuration.Options.Ledger, command, argument, cancel)
            .ConfigureAwait(false);
        return answer is { } json ? ReportOf(json) : null;
    }

    /// <summary>As above, for what only a running node does.</summary>
    /// <exception cref="CommandException">None runs.</exception>
    public static async Task<Report> MustAsync(
        NodeConfiguration configuration, string command, string argument,
        CancellationToken cancel) =>
        await AskAsync(configuration, command, argument, cancel).ConfigureAwait(false)
        ?? throw new CommandException(
            $"{command}: no node runs on {configuration.Options.Ledger} (start it, or name the "
            + "configuration that it runs with)");

    public static Report ReportOf(JsonElement json)
    {
        Report report = new();
        foreach (JsonProperty property in json.EnumerateObject())
        {
            Add(report, property.Name, property.Value);
        }

        return report;
    }

    private static void Add(Report report, string name, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.True or JsonValueKind.False:
                report.Add(name, value.GetBoolean());
                break;
            case JsonValueKind.Number:
                report.Add(name, UInt128.Parse(value.GetRawText(), CultureInfo.InvariantCulture));
                break;
            case JsonValueKind.Array:
                List<Report> rows = [];
                foreach (JsonElement row in value.EnumerateArray())
                {
                    rows.Add(ReportOf(row));
                }

                report.Add(name, rows);
                break;
            default:
                report.Add(name, value.GetString());
                break;
        }
    }
}
