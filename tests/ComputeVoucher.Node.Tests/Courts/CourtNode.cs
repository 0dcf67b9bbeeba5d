using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node.Tests.Courts;

/// <summary>The node's side before the court, over a ledger on the disk; it may die at any time
/// and come back. Time is the chain's, and a step is made when the test says so.</summary>
internal sealed class CourtNode : IAsyncDisposable
{
    private readonly string _directory =
        Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    private readonly CourtChain _chain;
    private readonly ulong _weiPerTokenUnit;
    private readonly ManualClock _clock = new();
    private readonly ServicePolicy _policy;
    private Outbox _outbox = null!;
    private Serving _serving = null!;

    private CourtNode(CourtChain chain, ulong weiPerTokenUnit)
    {
        (_chain, _weiPerTokenUnit) = (chain, weiPerTokenUnit);
        _policy = new ServicePolicy
        {
            Node = chain.Node.Address,
            Models = FrozenSet.Create(chain.Model.ModelRoot),
        }.WithClasses([chain.Class]);
        Start();
    }

    /// <param name="chain">Where its court is.</param>
    /// <param name="weiPerTokenUnit">What the operator says; 0 is unknown.</param>
    public static CourtNode Over(CourtChain chain, ulong weiPerTokenUnit = 0) =>
        new(chain, weiPerTokenUnit);

    public LedgerStore Ledger { get; private set; } = null!;

    public Courtroom Courts { get; private set; } = null!;

    /// <summary>Whether the next life has the model.</summary>
    public bool Serves { get; set; } = true;

    /// <summary>What it has told.</summary>
    public EventLog Log { get; } = new();

    /// <summary>Why a transaction waits; null where none does.</summary>
    public string? Problem => _outbox.Problem;

    /// <summary>Transactions that are not final.</summary>
    public IReadOnlyList<OutboxEntry> Sent => _outbox.Open;

    /// <summary>As a kill leaves it: what is not on the disk or the chain is gone.</summary>
    public void Restart()
    {
        Stop();
        Start();
    }

    /// <summary>Takes an order as the pipeline does; nothing of it was acknowledged.</summary>
    public async Task<StoredOrder> TakeAsync(ChannelTerms terms, ulong seq, ulong deadline,
        byte[]? input = null, bool isAccepted = false)
    {
        await Ledger.PutChannel(new ChannelRow
        {
            Terms = terms,
            Status = ChannelStatus.Open,
            Locked = 100_000_000,
        });
        byte[] whole = InputOf(_chain.Model);
        InputInfo info = _chain.Model.CheckInput(whole);
        Order order = new(terms.HashStruct(), seq, _chain.Model.ModelRoot, info.InputRoot,
            info.UnitsMax, deadline, isAccepted ? OrderFlags.AcceptWanted : OrderFlags.None,
            default);
        Signature signature = _chain.Spender.Sign(order.Digest(_serving.Separator));
        ReserveResult reserved = Ledger.Reserve(
            order, order.HashStruct(), signature, input ?? whole);
        Assert.Equal(RefusalReason.None, reserved.Refusal);
        await reserved.Durable;
        if (isAccepted)
        {
            Accept accept = new(order.HashStruct(), deadline);
            await Ledger.RecordAccept(
                accept, _chain.Node.Sign(accept.Digest(_serving.Separator)), out _);
        }

        return (await Ledger.OrderAsync(order.HashStruct()))!;
    }

    /// <summary>Runs it and signs, as honest nodes do.</summary>
    public async Task<StoredOrder> ServeAsync(ChannelTerms terms, ulong seq, ulong deadline,
        byte[]? input = null)
    {
        StoredOrder order = await TakeAsync(terms, seq, deadline, input);
        using IModelSession session = _chain.Model.CreateSession(Backend.Auto, 1);
        return await SettleAsync(order, session.Run(InputOf(_chain.Model), new RunOptions()));
    }

    /// <summary>Stores the holder's Cancel, and the receipt of nothing.</summary>
    public async Task<StoredOrder> CancelAsync(ChannelTerms terms, ulong seq, ulong deadline)
    {
        StoredOrder order = await TakeAsync(terms, seq, deadline);
        Cancel cancel = new(order.Hash);
        await Ledger.RecordCancel(
            cancel, _chain.Spender.Sign(cancel.Digest(_serving.Separator)), 0, out _);
        return await SettleAsync(order, RunResult.Nothing(order.Order.InputRoot));
    }

    /// <summary>One look of the pump: the courts, the workers, the outbox.</summary>
    public async Task StepAsync()
    {
        _clock.Advance(TimeSpan.FromMinutes(2));
        await Courts.StepAsync(await _chain.HeadAsync(), default);
        while (_serving.Graphs.TryDequeue(out Job? job, wait: false))
        {
            using IModelSession session = job.Model.CreateSession(Backend.Auto, 1);
            job.Run(session);
            _serving.Graphs.ReturnPlace(job.IsBehind);
        }

        await _outbox.StepAsync(default);
    }

    /// <summary>Steps until it holds.</summary>
    public Task UntilAsync(Func<Task<bool>> holds) => Patience.UntilAsync(async () =>
    {
        await StepAsync();
        return await holds();
    });

    public ValueTask DisposeAsync()
    {
        Stop();
        Directory.Delete(_directory, recursive: true);
        return ValueTask.CompletedTask;
    }

    public static byte[] InputOf(IModel model)
    {
        byte[] input = new byte[model.InputBytesMin];
        for (int i = 0; i < input.Length; i++)
        {
            input[i] = (byte)(i * 7);
        }

        return input;
    }

    private async Task<StoredOrder> SettleAsync(StoredOrder order, RunResult result)
    {
        Receipt receipt = DoneOrder.ReceiptOf(order.Hash, result);
        Assert.Equal(RefusalReason.None, Ledger.RecordReceipt(
            receipt, _chain.Node.Sign(receipt.Digest(_serving.Separator))));
        return (await Ledger.OrderAsync(order.Hash))!;
    }

    private void Start()
    {
        Ledger = LedgerStore.Open(_directory, new LedgerOptions
        {
            Identity = new LedgerIdentity(31337, _chain.Domain.Vouchers, _chain.Domain.Providers,
                _chain.Node.Address),
            Policy = _policy,
        });
        _outbox = new Outbox(_chain.Rpc, new LedgerOutboxStore(Ledger), _chain.Provider,
            new OutboxOptions
            {
                ChainId = 31337,
                Fees = new FeeLimits { GasPriceMax = null, TransactionMax = null, DayMax = null },
            }, _clock);
        _serving = new Serving
        {
            Ledger = Ledger,
            Policy = _policy,
            Domain = _chain.Domain,
            NodeKey = _chain.Node,
            Models = Serves
                ? FrozenDictionary.ToFrozenDictionary<Bytes32, IModel>(
                    [new(_chain.Model.ModelRoot, _chain.Model)])
                : FrozenDictionary<Bytes32, IModel>.Empty,
            Graphs = new FairQueue(16),
            Streams = new FairQueue(1),
            Metrics = new Metrics(),
            Log = Log,
            Time = _clock,
            NotAccepting = () => RefusalReason.None,
        };
        Courts = new Courtroom(_serving, _chain.Rpc, _outbox, () => [],
            new CourtOptions(StartBlock: 0, WeiPerTokenUnit: _weiPerTokenUnit, Threads: 1));
    }

    private void Stop()
    {
        _outbox.Dispose();
        Ledger.Dispose();
    }
}
