using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Ledger;
using ComputeVoucher.Node;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;
using Microsoft.Extensions.Logging.Abstractions;

namespace ComputeVoucher.Cli;

/// <summary><c>redeem</c> and <c>outbox</c>: what is due, what is in flight.</summary>
/// <remarks>They ask the node that runs, by its control socket, or open the ledger of one that
/// does not.</remarks>
internal static class RedeemCommand
{
    /// <summary>How often the outbox is stepped while the command waits.</summary>
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(200);

    public static Command CreateRedeem()
    {
        Option<string> config = CommonOptions.Config(required: true);
        Option<bool> dryRun = Opt.Flag("--dry-run", "Show what is due; send nothing");
        Option<int> timeout = Opt.Of<int>("--timeout",
            "Seconds after which it waits no longer; what was sent stays sent (default: no end)",
            "S");
        return ReportCommand.Create("redeem",
            "Redeem every acknowledged unit in batches and wait until it is final",
            async (parsed, cancel) =>
            {
                using CancellationTokenSource limit =
                    CancellationTokenSource.CreateLinkedTokenSource(cancel);
                if (parsed.GetResult(timeout) is not null)
                {
                    limit.CancelAfter(TimeSpan.FromSeconds(
                        Opt.Bounded(parsed, timeout, 1, SendOptions.TimeoutSecondsMax)));
                }

                try
                {
                    return await RedeemOrShowAsync(parsed.GetRequiredValue(config),
                        parsed.GetValue(dryRun), limit.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException late)
                    when (limit.IsCancellationRequested && !cancel.IsCancellationRequested)
                {
                    throw new CommandException("redeem: not final within "
                        + $"{parsed.GetValue(timeout)} s (stored; repeat the command to go on)",
                        late);
                }
            },
            config, dryRun, timeout);
    }

    private static async Task<Report> RedeemOrShowAsync(
        string path, bool isDry, CancellationToken cancel) =>
        await RunningAsync(path, isDry, cancel).ConfigureAwait(false)
        ?? await WithLedgerAsync(path, async (service, ledger) => isDry
            ? await DueAsync(service, cancel).ConfigureAwait(false)
            : (await RedeemAsync(service, ledger, cancel).ConfigureAwait(false)).Report(), cancel)
            .ConfigureAwait(false);

    public static Command CreateOutbox()
    {
        Option<string> config = CommonOptions.Config(required: true);
        Command outbox = ReportCommand.Create("outbox",
            "List the node's transactions and their states",
            async (parsed, cancel) =>
            {
                NodeConfiguration configuration = NodeConfiguration.Load(
                    parsed.GetRequiredValue(config));
                return await RunningNode.AskAsync(configuration, "outbox", "", cancel)
                    .ConfigureAwait(false) ?? Stored(configuration);
            },
            config);
        outbox.Add(CreateOnRow("bump",
            "Let the running node pay more for a transaction that is not mined"));
        outbox.Add(CreateOnRow("cancel",
            "Let the running node forget a transaction that it has not signed"));
        return outbox;
    }

    private static Command CreateOnRow(string name, string meaning)
    {
        Option<string> config = CommonOptions.Config(required: true);
        Argument<string> id = new("ID") { Description = "Its id, as outbox shows it" };
        return ReportCommand.Create(name, meaning,
            (parsed, cancel) => RunningNode.MustAsync(
                NodeConfiguration.Load(parsed.GetRequiredValue(config)), name,
                parsed.GetRequiredValue(id), cancel),
            id, config);
    }

    /// <summary>What <c>redeem</c> does, for a caller that goes on with its figures.</summary>
    public static Task<Redemption> RedeemAsync(string config, CancellationToken cancel) =>
        WithLedgerAsync(
            config, (service, ledger) => RedeemAsync(service, ledger, cancel), cancel);

    /// <summary>By the node that runs; null when none does. Its pump carries the transactions
    /// through, so here is only waited for them.</summary>
    private static async Task<Report?> RunningAsync(
        string path, bool dryRun, CancellationToken cancel)
    {
        NodeConfiguration configuration = NodeConfiguration.Load(path);
        if (dryRun)
        {
            return await RunningNode.AskAsync(configuration, "due", "", cancel)
                .ConfigureAwait(false);
        }

        JsonElement? submitted = await ControlClient
            .AskAsync(configuration.Options.Ledger, "redeem", "", cancel).ConfigureAwait(false);
        if (submitted is not { } answer)
        {
            return null;
        }

        HashSet<long> wanted = [];
        foreach (JsonElement row in answer.GetProperty("submitted").EnumerateArray())
        {
            wanted.Add(row.GetProperty("id").GetInt64());
        }

        return await FinalAsync(configuration, wanted, cancel).ConfigureAwait(false);
    }

    /// <summary>Those rows of the node's outbox, when all of them have ended. What one waits for is
    /// told when it changes.</summary>
    private static async Task<Report> FinalAsync(
        NodeConfiguration configuration, HashSet<long> wanted, CancellationToken cancel)
    {
        Dictionary<long, string> told = [];
        while (true)
        {
            JsonElement outbox = await ControlClient
                .AskAsync(configuration.Options.Ledger, "outbox", "", cancel).ConfigureAwait(false)
                ?? throw new CommandException("redeem: the node ended meanwhile (its transactions "
                    + "are stored; repeat the command to go on)");
            List<Report> rows = [];
            bool isOpen = false;
            foreach (JsonElement row in outbox.GetProperty("transactions").EnumerateArray())
            {
                long id = row.GetProperty("id").GetInt64();
                if (wanted.Contains(id))
                {
                    if (row.GetProperty("note").GetString() is { } note
                        && note != told.GetValueOrDefault(id))
                    {
                        told[id] = note;
                        ErrorFunnel.Note($"redeem: outbox {id}: {note}");
                    }

                    rows.Add(RunningNode.ReportOf(row));
                    isOpen |= row.GetProperty("state").GetString()
                        is not (nameof(OutboxState.Final) or nameof(OutboxState.Abandoned));
                }
            }

            if (!isOpen)
            {
                return new Report().Add("transactions", rows);
            }

            await Task.Delay(s_poll, cancel).ConfigureAwait(false);
        }
    }

    private static Report Stored(NodeConfiguration configuration)
    {
        using LedgerStore ledger = LedgerCommands.Open(configuration);
        return OutboxOf(ledger);
    }

    private static async Task<T> WithLedgerAsync<T>(
        string config, Func<ChainService, LedgerStore, Task<T>> run, CancellationToken cancel)
    {
        NodeConfiguration configuration = NodeConfiguration.Load(config);
        NodeOptions options = configuration.Options;
        using PrivateKey key = KeyFile.Load(configuration.KeyFile);
        using PrivateKey payer = KeyFile.Load(configuration.PayerKeyFile);
        List<VoucherClass> classes = Pinned.CheckClasses(
            options, configuration.LoadClasses(), NullLogger.Instance);
        ServicePolicy policy = Pinned.PolicyOf(options, key.Address, classes, []);
        using ChainParts chain = await ChainParts.ConnectAsync(
            options, payer, TimeProvider.System, cancel).ConfigureAwait(false);
        using LedgerStore ledger = NodeHost.OpenLedger(
            options, policy, migrate: false);
        chain.Attach(ledger, options, policy);
        return await run(chain.Service, ledger).ConfigureAwait(false);
    }

    private static async Task<Report> DueAsync(ChainService service, CancellationToken cancel)
    {
        await MirrorAsync(service, cancel).ConfigureAwait(false);
        List<Report> rows = [];
        UInt128 units = 0;
        foreach (RedemptionDue due in service.Redeemer.Due())
        {
            units += due.Units;
            rows.Add(new Report()
                .Add("channel", due.Channel.Id.ToString())
                .Add("units", due.Units)
                .Add("value", due.Value.ToString())
                .Add("urgent", due.IsUrgent)
                .Add("inFlight", due.InFlight));
        }

        return new Report().Add("units", units).Add("due", rows);
    }

    private static async Task<Redemption> RedeemAsync(
        ChainService service, LedgerStore ledger, CancellationToken cancel)
    {
        await MirrorAsync(service, cancel).ConfigureAwait(false);
        IReadOnlyList<OutboxEntry> submitted = await service.Redeemer
            .StepAsync(now: true, cancel).ConfigureAwait(false);
        if (submitted.Count == 0 && service.Redeemer.Problem is { } problem)
        {
            throw new CommandException($"redeem: {problem}");
        }

        List<Report> transactions = [];
        ulong gas = 0;
        UInt256 paid = UInt256.Zero;
        UInt256 units = UInt256.Zero;
        while (service.Outbox.Open.Count > 0)
        {
            foreach (OutboxChange change in await service.Outbox.StepAsync(cancel)
                .ConfigureAwait(false))
            {
                if (change.Entry.State == OutboxState.Final && change.Receipt is { } receipt
                    && BatchRedeemedEvent.TryFind(
                        receipt, change.Entry.Request.To ?? default, out BatchRedeemedEvent batch))
                {
                    paid += batch.Paid;
                    units += batch.Units;
                    gas += receipt.GasUsed;
                    transactions.Add(Row(change.Entry).Add("gas", receipt.GasUsed));
                }
            }

            if (service.Outbox.Problem is { } line)
            {
                throw new CommandException($"redeem: {line} (stored; repeat the command to go on)");
            }

            await Task.Delay(s_poll, cancel).ConfigureAwait(false);
        }

        await MirrorAsync(service, cancel).ConfigureAwait(false);
        UInt128 redeemed = 0;
        UInt128 acked = 0;
        foreach (ChannelState channel in ledger.Channels())
        {
            redeemed += channel.Row.Redeemed;
            acked += channel.Ack?.CumUnits ?? 0;
        }

        return new Redemption(units, paid, acked, redeemed, transactions, gas);
    }

    private static async Task MirrorAsync(ChainService service, CancellationToken cancel)
    {
        bool isWhole = false;
        while (!isWhole)
        {
            MirrorStep step = await service.Mirror.StepAsync(cancel).ConfigureAwait(false);
            isWhole = step.IsWhole;
            if (service.Mirror.Problem is { } problem)
            {
                throw new CommandException($"chain: {problem}");
            }
        }
    }

    private static Report OutboxOf(LedgerStore ledger)
    {
        List<Report> rows = [];
        foreach (OutboxEntry item in new LedgerOutboxStore(ledger).List())
        {
            rows.Add(Row(item));
        }

        return new Report().Add("transactions", rows);
    }

    private static Report Row(OutboxEntry item) => new Report()
        .Add("id", item.Id)
        .Add("kind", item.Request.Kind)
        .Add("state", item.State.ToString())
        .Add("outcome", item.Outcome.ToString())
        .Add("nonce", item.Nonce?.ToString(System.Globalization.CultureInfo.InvariantCulture))
        .Add("attempts", item.Attempts.Count)
        .Add("block", item.MinedBlock)
        .Add("hash", item.MinedTxHash.ToString());
}

/// <summary>What one redemption amounted to.</summary>
/// <param name="Units">Burned by it.</param>
/// <param name="Paid">Earned by it, token base units.</param>
/// <param name="AckedUnits">Of all channels, ever.</param>
/// <param name="RedeemedUnits">Of all channels, ever.</param>
/// <param name="Transactions">Final ones, a row each.</param>
/// <param name="Gas">Used by them.</param>
internal sealed record Redemption(
    UInt256 Units, UInt256 Paid, UInt128 AckedUnits, UInt128 RedeemedUnits,
    IReadOnlyList<Report> Transactions, ulong Gas)
{
    public Report Report() => new Report()
        .Add("units", Units.ToString())
        .Add("paid", Paid.ToString())
        .Add("ackedUnits", AckedUnits)
        .Add("redeemedUnits", RedeemedUnits)
        .Add("transactions", Transactions);
}
