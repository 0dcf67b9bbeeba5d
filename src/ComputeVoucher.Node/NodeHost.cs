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
    private volatile bool _draining;

    public NodeHost(
        NodeOptions options, NodeIdentity identity, TimeProvider time, ILogger log) =>
        (_options, _identity, _time, _log) = (options, identity, time, log);

    /// <summary>Serves until <paramref name="stop"/>; then drains.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        PrivateKey key = _identity.Key;
        using Pinned pinned = Pinned.Load(_options, _identity.Classes, _log);
        ServicePolicy policy = Pinned.PolicyOf(
            _options, key.Address, pinned.Classes, pinned.Models.Keys);
        // Before the ledger: a wrong chain id must not become the identity of a new one.
        using ChainParts chain = await ChainParts.ConnectAsync(
            _options, _identity.Payer, _time, stop).ConfigureAwait(false);
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
        await chain.Service.StepAsync(stop).ConfigureAwait(false);

        Serving serving = new()
        {
            Ledger = ledger,
            Policy = policy,
            Domain = _options.Domain,
            NodeKey = key,
            Models = pinned.Models,
            Graphs = new FairQueue(_options.QueueOrdersMax),
            Streams = new FairQueue(_options.QueueOrdersMax),
            Metrics = _metrics,
            Log = _log,
            Time = _time,
            NotAccepting = () => NotAccepting(ledger, chain),
        };
        BackendChoice chosen = Backends.Choose(_options.Backend);
        _log.BackendChosen(chosen.Reason);
        using Engine engine = new(
            serving, chain.Service, _options, chosen.Backend, Scheduling.Threads);
        await engine.ResumeAsync().ConfigureAwait(false);
        await ServeAsync(serving, engine, chain, stop).ConfigureAwait(false);
    }

    /// <summary>The ledger of this node, or one line why not.</summary>
    /// <param name="options">Where it lies, and of which chain it is.</param>
    /// <param name="policy">The node's address and bounds.</param>
    /// <param name="migrate">Whether one of an older schema is rewritten or refused.</param>
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
            MigrateOutbox = OutboxMigration.Read,
        });

    private async Task ServeAsync(
        Serving serving, Engine engine, ChainParts chain, CancellationToken stop)
    {
        Pipeline pipeline = engine.Pipeline;
        await using WireServer server = WireServer.Start(new WireServerOptions
        {
            Endpoint = _options.Listen,
            Node = serving.NodeKey.Address,
            Context = serving.Separator,
            Signer = (in digest, signature) => serving.NodeKey.Sign(digest).CopyTo(signature),
            FillRandom = _identity.FillRandom,
            Time = _time,
        }, pipeline);
        AddGauges(serving, pipeline, chain, server);
        using HealthServer? health = _options.Health is { } endpoint
            ? new HealthServer(endpoint, () => NotReady(serving.Ledger, chain), _metrics, _log)
            : null;
        Task answering = health?.RunAsync() ?? Task.CompletedTask;
        _log.Started(serving.Models.Count, serving.NodeKey.Address,
            server.LocalEndPoint.ToString(), Backends.Fastest.Name);
        if (NotReady(serving.Ledger, chain) is null)
        {
            _log.Ready();
        }

        using CancellationTokenSource pumping = CancellationTokenSource
            .CreateLinkedTokenSource(stop);
        Task pump = engine.PumpAsync(pumping.Token);
        await WaitAsync(pump, stop).ConfigureAwait(false);

        _draining = true;
        _log.Draining(pipeline.InFlight, (long)_options.Drain.TotalMilliseconds);
        await server.DrainAsync(_options.Drain).ConfigureAwait(false);
        await pumping.CancelAsync().ConfigureAwait(false);
        await pump.ConfigureAwait(false);
        health?.Dispose();
        await answering.ConfigureAwait(false);
        _log.Stopped(_metrics.OrdersServed);
    }

    /// <summary>Until the signal, or until the pump dies of the disk.</summary>
    private static async Task WaitAsync(Task pump, CancellationToken stop)
    {
        TaskCompletionSource stopped = new();
        using CancellationTokenRegistration registration = stop.Register(stopped.SetResult);
        await Task.WhenAny(pump, stopped.Task).ConfigureAwait(false);
    }

    private RefusalReason NotAccepting(LedgerStore ledger, ChainParts chain)
    {
        if (_draining)
        {
            return RefusalReason.Draining;
        }

        if (ledger.Status == LedgerStatus.Failed)
        {
            return RefusalReason.StorageFailed;
        }

        return chain.Service.Health.IsAccepting
            ? RefusalReason.None
            : RefusalReason.ChainUnavailable;
    }

    private string? NotReady(LedgerStore ledger, ChainParts chain)
    {
        RefusalReason refusal = NotAccepting(ledger, chain);
        return refusal switch
        {
            RefusalReason.None => ledger.Status == LedgerStatus.Ready ? null : ledger.Fault,
            RefusalReason.ChainUnavailable => chain.Service.Health.Problem,
            RefusalReason.StorageFailed => ledger.Fault,
            _ => Refusals.Describe(refusal),
        };
    }

    private void AddGauges(
        Serving serving, Pipeline pipeline, ChainParts chain, WireServer server)
    {
        List<(string Name, string Help, Func<long> Read)> gauges = _metrics.Gauges;
        LedgerStore ledger = serving.Ledger;
        gauges.Add(("orders_in_flight", "Between reservation and receipt",
            () => pipeline.InFlight));
        gauges.Add(("orders_waiting", "For a worker",
            () => serving.Graphs.Count + serving.Streams.Count));
        gauges.Add(("connections", "Open connections", () => server.Figures.Connections));
        gauges.Add(("held_bytes", "Bytes held for clients", () => server.Figures.HeldBytes));
        gauges.Add(("ledger_commits_total", "Flushes", () => ledger.Figures.Commits));
        gauges.Add(("ledger_acks_total", "Acks on the disk", () => ledger.Figures.Acks));
        gauges.Add(("ledger_status", "0 ready, 1 full, 2 failed, 3 closed",
            () => (long)ledger.Status));
        gauges.Add(("channels", "Channels of this node", () => ledger.Channels().Count));
        gauges.Add(("outbox_open", "Transactions that are not final",
            () => chain.Service.Outbox.Open.Count));
        gauges.Add(("rpc_endpoints_alive", "Endpoints that answered last",
            () => chain.Service.Health.EndpointsAlive));
        gauges.Add(("ready", "1 while orders are accepted",
            () => NotReady(ledger, chain) is null ? 1 : 0));
    }
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
