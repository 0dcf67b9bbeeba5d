using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;
using Microsoft.Extensions.Logging;

namespace ComputeVoucher.Node;

/// <summary>
/// A whole node: opens everything in an order in which each failure says one clear line, serves
/// until it is told to stop, and closes in the reverse order.
/// </summary>
public sealed class NodeHost
{
    private readonly NodeOptions _options;
    private readonly NodeIdentity _identity;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Metrics _metrics = new();
    private readonly OnceTold _told;
    private volatile string _starting = "starting: models are loaded";
    private volatile Readiness? _readiness;

    public NodeHost(
        NodeOptions options, NodeIdentity identity, TimeProvider time, ILogger log) =>
        (_options, _identity, _time, _log, _told) =
            (options, identity, time, log, new OnceTold(time));

    /// <summary>Reads the configuration again; says in one line what was taken up and what waits
    /// for a restart.</summary>
    public Func<string> Reload { get; init; } = () => "nothing can be reloaded";

    /// <summary>Called once, when the models are in memory.</summary>
    public Action ModelsLoaded { get; init; } = () => { };

    /// <summary>Serves until <paramref name="stop"/>; then drains. A stop during the start is an
    /// orderly end too.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        // The page first: whoever looks after the node can ask why it is not ready yet.
        using HealthServer? health = _options.Health is { } endpoint
            ? HealthServer.Start(
                endpoint, _options.HealthOpen, NotReady, _metrics.Render, _time, _log)
            : null;
        try
        {
            await OpenAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop before there was anything to drain.
        }

        _log.Stopped(_metrics.OrdersServed);
    }

    /// <summary>The ledger of this node, or one line why not.</summary>
    /// <param name="options">Where it lies, and of which chain it is.</param>
    /// <param name="policy">The node's address and bounds.</param>
    /// <param name="migrate">Whether one of an older schema is rewritten or refused, and room is
    /// kept for transactions: for who serves.</param>
    public static LedgerStore OpenLedger(
        NodeOptions options, ServicePolicy policy, bool migrate) =>
        LedgerStore.Open(options.Ledger, new LedgerOptions
        {
            Identity = new LedgerIdentity(
                options.Domain.ChainId, options.Domain.Vouchers, options.Domain.Providers,
                policy.Node),
            Policy = policy,
            Synchronous = options.Synchronous,
            Migrate = migrate,
            Reserve = migrate,
            MigrateOutbox = OutboxMigration.Read,
        });

    private async Task OpenAsync(CancellationToken stop)
    {
        using Pinned pinned = Pinned.Load(_options, _identity.Classes, _log);
        ModelsLoaded();
        ServicePolicy policy = Pinned.PolicyOf(
            _options, _identity.Key.Address, pinned.Classes, pinned.Models.Keys);
        // Before the ledger: a wrong chain id must not become the identity of a new one.
        _starting = "starting: the chain is asked";
        using ChainParts chain = await ChainParts.ReachAsync(
            _options, _identity.Payer, _time, NoteAway, stop).ConfigureAwait(false);
        using LedgerStore ledger = OpenLedger(_options, policy, migrate: true);
        if (ledger.Notice is { } notice)
        {
            _log.LedgerNotice(notice);
        }

        if (_options.Synchronous == LedgerSynchronous.Off)
        {
            _log.LedgerUnsafe();
        }

        chain.Attach(ledger, _options, policy);
        Readiness readiness = new(ledger, chain.Service, _time);
        _readiness = readiness;
        Serving serving = new()
        {
            Ledger = ledger,
            Policy = policy,
            Domain = _options.Domain,
            NodeKey = _identity.Key,
            Models = pinned.Models,
            Graphs = new FairQueue(_options.QueueOrdersMax),
            Streams = new FairQueue(_options.QueueOrdersMax),
            Metrics = _metrics,
            Log = _log,
            Time = _time,
            Pace = new Pace(_options.Workers + _options.Streams, ledger.Setting(Pace.Setting),
                pinned.Models.ContainsKey),
            NotAccepting = readiness.Refusal,
        };
        serving.Bound();
        BackendChoice chosen = Backends.Choose(_options.Backend);
        _log.BackendChosen(chosen.Reason);
        MoneyWatch money = new(ledger, chain, _options, policy, _time);
        serving.Courts = new Courtroom(
            serving, chain.Rpc, chain.Service.Outbox, money.Stakes, new CourtOptions(
                _options.StartBlock, _options.Redeem.WeiPerTokenUnit, _options.ThreadsPerWorker));
        using Engine engine = new(
            serving, chain.Service, _options, chosen.Backend, Scheduling.Threads, money);
        await engine.ResumeAsync().ConfigureAwait(false);
        await ServeAsync(serving, engine, chain, money, stop).ConfigureAwait(false);
        _readiness = null;
        _starting = "stopped";
    }

    private async Task ServeAsync(Serving serving, Engine engine, ChainParts chain,
        MoneyWatch money, CancellationToken stop)
    {
        Pipeline pipeline = engine.Pipeline;
        await using WireServer server = WireServer.Start(new WireServerOptions
        {
            Endpoint = _options.Listen,
            Node = serving.NodeKey.Address,
            Context = serving.Separator,
            Signer = (in digest, signature) => serving.NodeKey.Sign(digest).CopyTo(signature),
            FillRandom = _identity.FillRandom,
            Limits = _options.Wire,
            OrderBytesMax = Pinned.OrderBytesMax(serving.Models.Values),
            ProxyFrom = _options.ProxyFrom,
            Time = _time,
        }, pipeline);
        NodeGauges.Add(_metrics, serving, pipeline, chain.Service, server, _readiness!);
        money.AddTo(_metrics);
        using CancellationTokenSource ending = CancellationTokenSource
            .CreateLinkedTokenSource(stop);
        ControlDesk desk = new(serving, chain.Service, engine, money, _readiness!)
        {
            Drain = ending.Cancel,
            Reload = Reload,
        };
        using ControlServer? control = ControlServer.Start(
            serving.Ledger.SocketPath(), desk.AnswerAsync, _time, _log);
        _log.Started(serving.Models.Count, serving.NodeKey.Address,
            server.LocalEndPoint.ToString(), Backends.Fastest.Name);
        using CancellationTokenSource pumping = new();
        Task pump = engine.PumpAsync(_readiness!, pumping.Token);
        await WaitAsync(pump, ending.Token).ConfigureAwait(false);

        _readiness!.IsDraining = true;
        _log.Draining(pipeline.InFlight, (long)_options.Drain.TotalMilliseconds);
        await server.DrainAsync(_options.Drain).ConfigureAwait(false);
        await pumping.CancelAsync().ConfigureAwait(false);
        await pump.ConfigureAwait(false);
    }

    /// <summary>Until the signal, or until the pump dies of the disk.</summary>
    private static async Task WaitAsync(Task pump, CancellationToken stop)
    {
        TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = stop.Register(stopped.SetResult);
        await Task.WhenAny(pump, stopped.Task).ConfigureAwait(false);
    }

    private void NoteAway(string problem)
    {
        _starting = $"waiting for the chain: {problem}";
        if (_told.IsNews(problem))
        {
            _log.ChainAway(problem);
        }
    }

    private string? NotReady() => _readiness is { } readiness ? readiness.Problem() : _starting;
}

/// <summary>Who a node is; its owner disposes of the keys.</summary>
/// <param name="Key">Signs receipts.</param>
/// <param name="Payer">Signs redemptions, and pays their gas.</param>
/// <param name="Classes">What it is ready to be paid in.</param>
/// <param name="FillRandom">Bytes that nobody can guess: they tell one connection from another.
/// </param>
public sealed record NodeIdentity(
    PrivateKey Key,
    PrivateKey Payer,
    IReadOnlyList<PinnedClass> Classes,
    Action<Span<byte>> FillRandom);
