using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Node;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;
using Microsoft.Extensions.Logging.Abstractions;

namespace ComputeVoucher.Cli;

/// <summary><c>ledger backup</c>, <c>restore</c> and <c>write-off</c>.</summary>
internal static class LedgerCommands
{
    public static Command Create() => new("ledger", "Copy, restore and correct a node's ledger")
    {
        CreateBackup(),
        CreateRestore(),
        CreateWriteOff(),
    };

    /// <summary>The ledger of a stopped node.</summary>
    public static LedgerStore Open(NodeConfiguration configuration)
    {
        using PrivateKey key = KeyFile.Load(configuration.KeyFile);
        List<VoucherClass> classes = Pinned.CheckClasses(
            configuration.Options, configuration.LoadClasses(), NullLogger.Instance);
        LedgerStore ledger = NodeHost.OpenLedger(
            configuration.Options,
            Pinned.PolicyOf(configuration.Options, key.Address, classes, []),
            migrate: false);
        if (ledger.Notice is { } notice)
        {
            ErrorFunnel.Print(notice);
        }

        return ledger;
    }

    private static Command CreateBackup()
    {
        Option<string> config = CommonOptions.Config(required: true);
        Argument<string> file = new("FILE") { Description = "The copy; it must not exist" };
        return ReportCommand.Create("backup",
            "Copy the ledger into one file, also while the node serves",
            async (parsed, cancel) =>
            {
                NodeConfiguration configuration = NodeConfiguration.Load(
                    parsed.GetRequiredValue(config));
                string path = Path.GetFullPath(parsed.GetRequiredValue(file));
                return await RunningNode.AskAsync(configuration, "backup", path, cancel)
                    .ConfigureAwait(false)
                    ?? await BackupAsync(configuration, path).ConfigureAwait(false);
            },
            file, config);
    }

    private static Command CreateRestore()
    {
        Option<string> config = CommonOptions.Config(required: true);
        Argument<string> file = new("FILE") { Description = "A copy that backup made" };
        return ReportCommand.Create("restore",
            "Make the node's ledger of a copy; there must be none",
            parsed =>
            {
                NodeConfiguration configuration = NodeConfiguration.Load(
                    parsed.GetRequiredValue(config));
                string directory = configuration.Options.Ledger;
                ulong commit = LedgerStore.Restore(
                    Path.GetFullPath(parsed.GetRequiredValue(file)), directory);
                return new Report().Add("ledger", directory).Add("commit", commit);
            },
            file, config);
    }

    private static Command CreateWriteOff()
    {
        Option<string> config = CommonOptions.Config(required: true);
        Argument<string> channel = new("CHANNEL") { Description = "The channel's id" };
        return ReportCommand.Create("write-off",
            "Count the unacknowledged units of a channel as lost, and keep a record of it",
            async (parsed, cancel) =>
            {
                NodeConfiguration configuration = NodeConfiguration.Load(
                    parsed.GetRequiredValue(config));
                string id = parsed.GetRequiredValue(channel);
                return await RunningNode.AskAsync(configuration, "write-off", id, cancel)
                    .ConfigureAwait(false)
                    ?? await WriteOffAsync(configuration, id).ConfigureAwait(false);
            },
            channel, config);
    }

    private static async Task<Report> BackupAsync(NodeConfiguration configuration, string path)
    {
        using LedgerStore ledger = Open(configuration);
        ulong commit = await ledger.BackupAsync(path).ConfigureAwait(false);
        return new Report().Add("backup", path).Add("commit", commit);
    }

    private static async Task<Report> WriteOffAsync(NodeConfiguration configuration, string id)
    {
        if (!Bytes32.TryParse(id, out Bytes32 channel))
        {
            throw new UsageException($"CHANNEL {id}: 64 hexadecimal digits are wanted");
        }

        using LedgerStore ledger = Open(configuration);
        UInt128 units = await ledger
            .WriteOffAsync(channel, (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeSeconds())
            .ConfigureAwait(false);
        return new Report().Add("channel", channel.ToString()).Add("units", units);
    }
}
