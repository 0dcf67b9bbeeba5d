using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Node;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;
using Microsoft.Extensions.Logging.Abstractions;

namespace ComputeVoucher.Simulation.Tests;

/// <summary>
/// A whole node without threads, files, sockets and clock of its own. It may be killed between any
/// two turns, and is opened again over what its disk has.
/// </summary>
internal sealed class SimulatedNode : IDisposable
{
    private static readonly VoucherClass s_class = new(
        default, 1, ulong.MaxValue / 2, 30 * 86_400, 0, 0, 0, default, default);

    private readonly PrivateKey _key = PrivateKey.FromBytes(Keccak256.Hash("node"u8).Span);
    private readonly PrivateKey _payer = PrivateKey.FromBytes(Keccak256.Hash("payer"u8).Span);
    private readonly FakeModel _model = new();
    private readonly Prng _random;
    private readonly Turns _turns;
    private readonly ManualClock _clock;
    private readonly MemoryLedgerDisk _disk = new();
    private readonly SimulatedChain _chain;
    private readonly NodeOptions _options;
    private readonly ServicePolicy _policy;
    private CancellationTokenSource _pumping = new();
    private Task _pump = Task.CompletedTask;

    public SimulatedNode(
        Prng random, Turns turns, ManualClock clock, SimulatedChain chain, VoucherDomain domain)
    {
        (_random, _turns, _clock, _chain) = (random, turns, clock, chain);
        _policy = new ServicePolicy
        {
            Node = _key.Address,
            Models = FrozenSet.Create(_model.ModelRoot),
        }.WithClasses([s_class]);
        _options = Options(domain, _policy);
    }

    public Address Address => _key.Address;

    public Bytes32 ClassId => s_class.HashStruct();

    public Bytes32 Model => _model.ModelRoot;

    public ulong Commits => _disk.Commits;

    /// <summary>Null while the node is down.</summary>
    public Pipeline? Pipeline { get; private set; }

    public LedgerStore? Ledger { get; private set; }

    /// <summary>False where the chain was away, without which no node starts.</summary>
    public bool TryStart()
    {
        ChainParts chain;
        try
        {
            Task<ChainParts> connecting = ChainParts.ConnectAsync(
                _options, _payer, _clock, default, _chain.Connect);
            chain = Wait(connecting);
        }
        catch (NodeException)
        {
            return false;
        }

        Ledger = LedgerStore.Open(_disk, new LedgerOptions
        {
            Identity = new LedgerIdentity(
                _options.Domain.ChainId, _options.Domain.Vouchers, _options.Domain.Providers,
                _key.Address),
            Policy = _policy,
            Scheduling = _turns,
        });
        chain.Attach(Ledger, _options, _policy);
        Wait(chain.Service.StepAsync(default));
        Engine engine = new(ServingOf(chain, Ledger), chain.Service, _options,
            Backend.Scalar, _turns);
        Task resuming = engine.ResumeAsync();
        Wait(resuming);
        _pumping = new CancellationTokenSource();
        _pump = engine.PumpAsync(_pumping.Token);
        Pipeline = engine.Pipeline;
        return true;
    }

    /// <summary>Nothing of it runs again, and nobody is told.</summary>
    public void Kill()
    {
        _turns.Kill();
        _pumping.Cancel();
        _pumping.Dispose();
        (Pipeline, Ledger) = (null, null);
    }

    public void Dispose()
    {
        Kill();
        _disk.Dispose();
        _model.Dispose();
        _key.Dispose();
        _payer.Dispose();
    }

    /// <summary>The pump ends only when it is told to.</summary>
    public void CheckPump() => Assert.False(_pump.IsCompleted, "the pump ended");

    /// <summary>Turns until it is done.</summary>
    public T Wait<T>(Task<T> task)
    {
        Wait((Task)task);
        return task.GetAwaiter().GetResult();
    }

    private void Wait(Task task)
    {
        while (!task.IsCompleted)
        {
            Assert.True(_turns.Take(_random) >= 0, "it waits, and nothing has anything to do");
        }

        task.GetAwaiter().GetResult();
    }

    private Serving ServingOf(ChainParts chain, LedgerStore ledger) => new()
    {
        Ledger = ledger,
        Policy = _policy,
        Domain = _options.Domain,
        NodeKey = _key,
        Models = new Dictionary<Bytes32, IModel> { [_model.ModelRoot] = _model }
            .ToFrozenDictionary(),
        Graphs = new FairQueue(_options.QueueOrdersMax),
        Streams = new FairQueue(_options.QueueOrdersMax),
        Metrics = new Metrics(),
        Log = NullLogger.Instance,
        Time = _clock,
        NotAccepting = () => chain.Service.Health.IsAccepting
            ? RefusalReason.None
            : RefusalReason.ChainUnavailable,
    };

    internal static NodeOptions Options(VoucherDomain domain, ServicePolicy policy) => new()
    {
        Rpc = [new Uri("http://chain.invalid")],
        Domain = domain,
        Confirmations = 2,
        Poll = TimeSpan.FromSeconds(1),
        AwayMax = TimeSpan.FromMinutes(30),
        StartBlock = 0,
        Tokens = [],
        Courts = [],
        Listen = new IPEndPoint(IPAddress.Loopback, 0),
        Ledger = "in memory",
        Synchronous = LedgerSynchronous.Full,
        Health = null,
        Models = [],
        Backend = Backend.Scalar,
        Workers = 1,
        Streams = 2,
        ThreadsPerWorker = 1,
        QueueOrdersMax = 8,
        Drain = TimeSpan.Zero,
        Policy = policy,
        Redeem = new RedeemOptions(false, 0, 0, TimeSpan.MaxValue, new FeeLimits()),
    };
}
