using System;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Watcher;

namespace ComputeVoucher.Cli;

/// <summary><c>watch</c>: runs orders again from their evidence, and brings what is wrong before
/// the court.</summary>
internal sealed class WatchCommand
{
    /// <summary>Longer than any turn of a dispute leaves: a slip of the keyboard.</summary>
    private const int PollSecondsMax = 3_600;

    private readonly Option<string> _evidence = Opt.Needed<string>(
        "--evidence", "Folder of evidence, as `request --evidence` writes it", "DIR");

    private readonly Option<string[]> _models = Opt.Needed<string[]>(
        "--model", "A model whose orders are run again; may be repeated", "FILE");

    private readonly Option<string[]> _at = Opt.Of<string[]>(
        "--at", "Where a node listens that is asked before it is disputed; may be repeated",
        "HOST:PORT");

    private readonly Option<string> _store = Opt.Of<string>(
        "--store", "What was found right, and since when (default: watch.db in the folder)",
        "FILE");

    private readonly Option<double> _share = Opt.Or<double>(
        "--share", "Share of the orders that are run again, drawn by a seed that is printed",
        "0..1", 1);

    private readonly Option<ulong?> _seed = Opt.Of<ulong?>(
        "--seed", "Of a new store (default: drawn)", "N");

    private readonly Option<int> _threads = Opt.Or<int>(
        "--threads", "Of a re-execution", "N", 1);

    private readonly Option<int> _poll = Opt.Or<int>(
        "--poll", "Seconds between two looks", "S", 12);

    private readonly Option<bool> _once = Opt.Flag(
        "--once", "Make the moves that are due, and end");

    public static Command Create()
    {
        WatchCommand watch = new();
        return ReportCommand.Create("watch",
            "Run orders again from their evidence, dispute wrong results, collect what it brings\n"
            + "Status 0: looked at everything; 1: something could not be looked at",
            watch.RunAsync,
            watch._evidence, watch._models, CommonOptions.Rpc, CommonOptions.Deployment,
            CommonOptions.Key, watch._at, watch._store, watch._share, watch._seed, watch._threads,
            watch._poll, watch._once, SendOptions.Timeout, SendOptions.Confirmations);
    }

    private async Task<Report> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        using Interruption interruption = new(cancel);
        SendRules rules = SendOptions.Parse(parsed);
        DeploymentFile deployment =
            DeploymentFile.Load(parsed.GetRequiredValue(CommonOptions.Deployment));
        using PrivateKey key = KeyFile.Load(parsed.GetRequiredValue(CommonOptions.Key));
        using JsonRpcClient rpc = ChainSession.Connect(CommonOptions.Endpoints(parsed), rules);
        string folder = parsed.GetRequiredValue(_evidence);
        try
        {
            using WatchStore store = WatchStore.Open(
                parsed.GetValue(_store) ?? Path.Combine(folder, "watch.db"),
                parsed.GetValue(_seed) ?? Drawn());
            using WatchedModels models = new();
            foreach (string file in parsed.GetRequiredValue(_models))
            {
                models.Add(() => ModelFile.Open(file));
            }

            WatchOptions options = new()
            {
                Domain = deployment.Domain,
                Evidence = folder,
                Account = key.Address,
                SharePerMillion = ShareOf(parsed),
                Seed = store.Seed,
                Threads = Opt.Bounded(parsed, _threads, 1, Environment.ProcessorCount),
                Nodes = new WatchedNodes(
                    Array.ConvertAll(parsed.GetValue(_at) ?? [], ClientOptions.EndPoint), key,
                    deployment.Domain, TimeProvider.System, Libc.FillRandom),
                Say = ErrorFunnel.Note,
            };
            ErrorFunnel.Note(string.Create(CultureInfo.InvariantCulture,
                $"watch: as {key.Address}, seed {store.Seed}"));
            using Watch watch = new(
                options, store, models, rpc, Send(rpc, key, deployment, rules),
                TimeProvider.System);
            return await PassesAsync(parsed, watch, interruption).ConfigureAwait(false);
        }
        catch (WatchException failure)
        {
            throw new CommandException(failure.Message, failure);
        }
    }

    private async Task<Report> PassesAsync(
        ParseResult parsed, Watch watch, Interruption interruption)
    {
        TimeSpan pause = TimeSpan.FromSeconds(
            Opt.Bounded(parsed, _poll, 1, PollSecondsMax));
        WatchPass pass = new();
        try
        {
            do
            {
                pass = await PassAsync(parsed, watch, interruption.Token).ConfigureAwait(false);
                TimeSpan wait = pass.Sent ? TimeSpan.Zero : pause;
                await Task.Delay(
                    parsed.GetValue(_once) ? TimeSpan.Zero : wait, interruption.Token)
                    .ConfigureAwait(false);
            }
            while (pass.Sent || !parsed.GetValue(_once));
        }
        catch (OperationCanceledException) when (interruption.Status > 0)
        {
            // Whatever was sent is on the chain, and the next watcher goes on from there.
        }

        return pass.Failures == 0 ? ReportOf(pass) : throw new CommandException(string.Create(
            CultureInfo.InvariantCulture,
            $"watch: {pass.Failures} of {pass.Orders} orders could not be looked at (see above)"));
    }

    /// <summary>Without <c>--once</c> an endpoint that is away is waited for.</summary>
    private async Task<WatchPass> PassAsync(
        ParseResult parsed, Watch watch, CancellationToken cancel)
    {
        try
        {
            return await watch.StepAsync(cancel).ConfigureAwait(false);
        }
        catch (ChainException away) when (!parsed.GetValue(_once))
        {
            ErrorFunnel.Note($"watch: {away.Message}");
            return new WatchPass();
        }
    }

    private static Report ReportOf(WatchPass pass) => new Report()
        .Add("orders", pass.Orders)
        .Add("weightsNotHeld", pass.NotHeld)
        .Add("wrong", pass.Wrong)
        .Add("disputes", pass.Open)
        .Add("convicted", pass.Convicted);

    /// <summary>A sender's patience runs from its making, so each transaction has its own.
    /// </summary>
    private static WatchSend Send(
        JsonRpcClient rpc, PrivateKey key, DeploymentFile deployment, SendRules rules) =>
        async (kind, to, data, value, cancel) =>
        {
            SenderOptions options = new()
            {
                ChainId = deployment.ChainId,
                Confirmations = rules.Confirmations,
                Timeout = rules.Timeout,
                Say = rules.Say,
            };
            using TransactionSender sender = new(rpc, key, options, TimeProvider.System);
            try
            {
                _ = await sender.SendAsync(kind, to, data, cancel, value).ConfigureAwait(false);
            }
            catch (OutcomeUnknownException unknown)
            {
                // The chain says at the next look whether it was taken.
                throw new WatchException(unknown.Message, unknown);
            }
        };

    private static ulong Drawn()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Libc.FillRandom(bytes);
        return BitConverter.ToUInt64(bytes);
    }

    private int ShareOf(ParseResult parsed)
    {
        double share = parsed.GetValue(_share);
        return share is > 0 and <= 1
            ? (int)Math.Ceiling(share * WatchOptions.ShareAll)
            : throw new UsageException(string.Create(
                CultureInfo.InvariantCulture, $"{_share.Name} {share}: between 0 and 1 is wanted"));
    }
}
