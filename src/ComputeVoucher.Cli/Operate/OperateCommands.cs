using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Node;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary><c>status</c>, <c>drain</c> and <c>reload</c>: a node that runs, from the same
/// machine.</summary>
internal static class OperateCommands
{
    /// <summary>Between two looks of <c>--watch</c>.</summary>
    private static readonly TimeSpan s_watchEvery = TimeSpan.FromSeconds(2);

    /// <summary>While the node drains, how often it is looked for.</summary>
    private static readonly TimeSpan s_goneEvery = TimeSpan.FromMilliseconds(100);

    public static Command CreateStatus()
    {
        Option<string> config = CommonOptions.Config(required: true);
        Option<bool> watch = Opt.Flag("--watch", "Again every 2 s, until Ctrl-C");
        return ReportCommand.Create("status",
            "Readiness, money and transactions of the node, running or stopped",
            async (parsed, cancel) =>
            {
                string path = parsed.GetRequiredValue(config);
                bool json = parsed.GetValue(CommonOptions.Json);
                while (parsed.GetValue(watch))
                {
                    (await StatusAsync(path, cancel).ConfigureAwait(false)).Print(json);
                    await Task.Delay(s_watchEvery, cancel).ConfigureAwait(false);
                }

                return await StatusAsync(path, cancel).ConfigureAwait(false);
            },
            config, watch);
    }

    public static Command CreateDrain()
    {
        Option<string> config = CommonOptions.Config(required: true);
        return ReportCommand.Create("drain",
            "Let the running node finish its orders and end, as SIGTERM does",
            async (parsed, cancel) =>
            {
                NodeConfiguration configuration = NodeConfiguration.Load(
                    parsed.GetRequiredValue(config));
                Report report = await RunningNode.MustAsync(configuration, "drain", "", cancel)
                    .ConfigureAwait(false);
                while (await ControlClient.IsThereAsync(configuration.Options.Ledger, cancel)
                    .ConfigureAwait(false))
                {
                    await Task.Delay(s_goneEvery, cancel).ConfigureAwait(false);
                }

                return report;
            },
            config);
    }

    public static Command CreateReload()
    {
        Option<string> config = CommonOptions.Config(required: true);
        return ReportCommand.Create("reload",
            "Let the running node read its configuration again, as SIGHUP does: log:level is "
            + "taken up, other changes are named and wait for a restart",
            (parsed, cancel) => RunningNode.MustAsync(
                NodeConfiguration.Load(parsed.GetRequiredValue(config)), "reload", "", cancel),
            config);
    }

    private static async Task<Report> StatusAsync(string path, CancellationToken cancel)
    {
        NodeConfiguration configuration = NodeConfiguration.Load(path);
        return await RunningNode.AskAsync(configuration, "status", "", cancel)
            .ConfigureAwait(false) ?? Stopped(configuration);
    }

    /// <summary>What the ledger of a stopped node tells.</summary>
    private static Report Stopped(NodeConfiguration configuration)
    {
        using LedgerStore ledger = LedgerCommands.Open(configuration);
        UInt128 acked = 0;
        UInt128 redeemed = 0;
        UInt128 unacked = 0;
        int thawing = 0;
        IReadOnlyList<ChannelState> channels = ledger.Channels();
        foreach (ChannelState channel in channels)
        {
            acked += channel.Ack?.CumUnits ?? 0;
            redeemed += channel.Row.Redeemed;
            unacked += channel.Sums.Unacked;
            bool isOpen = channel.Row.Status == ChannelStatus.Open;
            thawing += isOpen && channel.Row.ThawAt != 0 ? 1 : 0;
        }

        int open = 0;
        foreach (OutboxEntry entry in ledger.Outbox())
        {
            open += entry.IsOpen ? 1 : 0;
        }

        return new Report()
            .Add("node", "stopped")
            .Add("channels", channels.Count)
            .Add("ackedUnits", acked)
            .Add("redeemedUnits", redeemed)
            .Add("unitsUnacked", unacked)
            .Add("channelsThawing", thawing)
            .Add("transactionsOpen", open);
    }
}
