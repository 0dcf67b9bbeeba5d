using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace ComputeVoucher.Node.Tests;

/// <summary>The same order more than once, with and without cancels: one story, one charge.
/// </summary>
[Trait("Category", "load")]
public sealed class OrderJobTests : IDisposable
{
    private static readonly byte[] s_input = [7];

    private readonly string _directory =
        Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
    private readonly PrivateKey _nodeKey = PrivateKey.FromBytes(Keccak256.Hash("node"u8).Span);
    private readonly PrivateKey _spendKey = PrivateKey.FromBytes(Keccak256.Hash("spend"u8).Span);
    private readonly FakeModel _model = new();
    private readonly FairQueue _queue = new(16);
    private readonly LedgerStore _ledger;
    private readonly Serving _serving;
    private readonly Pipeline _pipeline;
    private readonly ChannelTerms _terms;

    public OrderJobTests()
    {
        VoucherClass terms = new(
            default, 1, ulong.MaxValue / 2, 30 * 86_400, 0, 0, 0, default, default);
        ServicePolicy policy = new ServicePolicy
        {
            Node = _nodeKey.Address,
            Models = FrozenSet.Create(_model.ModelRoot),
        }.WithClasses([terms]);
        VoucherDomain domain = new(1, default, default);
        _ledger = LedgerStore.Open(_directory, new LedgerOptions
        {
            Identity = new LedgerIdentity(1, default, default, _nodeKey.Address),
            Policy = policy,
        });
        _terms = new ChannelTerms(
            default, _nodeKey.Address, _spendKey.Address, terms.HashStruct(), default);
        _ = _ledger.PutChannel(new ChannelRow
        {
            Terms = _terms,
            Status = ChannelStatus.Open,
            Locked = 1_000,
        });
        _serving = new Serving
        {
            Ledger = _ledger,
            Policy = policy,
            Domain = domain,
            NodeKey = _nodeKey,
            Models = new Dictionary<Bytes32, IModel> { [_model.ModelRoot] = _model }
                .ToFrozenDictionary(),
            Graphs = new FairQueue(1),
            Streams = _queue,
            Metrics = new Metrics(),
            Log = NullLogger.Instance,
            Time = new ManualClock(),
            NotAccepting = () => RefusalReason.None,
        };
        _pipeline = new Pipeline(_serving);
    }

    public void Dispose()
    {
        _ledger.Dispose();
        _nodeKey.Dispose();
        _spendKey.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Cancel_OfAnOrderThatHasItsReceipt_SameAnswerAgain()
    {
        Order order = NewOrder();
        FakeExchange first = await SendAsync(order);
        byte[]? receipt = await RunNextAsync(first);

        FakeExchange again = await SendAsync(order);
        Cancel(again, order);
        Assert.Equal(receipt, await RunNextAsync(again));
        Assert.Equal([1, 2, 3], again.Output);
    }

    [Fact]
    public async Task Cancel_OfAnOrderThatWasCancelled_SameAnswerAgain()
    {
        Order order = NewOrder();
        await SendAsync(order);
        _ = _ledger.RecordCancel(
            new Cancel(order.HashStruct()), default, 2, out RefusalReason refusal);
        Assert.Equal(RefusalReason.None, refusal);

        // The client heard of no receipt, asks again, and cancels again, earlier.
        FakeExchange again = await SendAsync(order);
        Cancel(again, order);
        Assert.True(_queue.TryDequeue(out _));
        Assert.Equal(2u, StepsOf(await RunNextAsync(again)));
    }

    [Fact]
    public async Task Cancel_OvertakenByAnotherRun_MayAskAgain()
    {
        Order order = NewOrder();
        FakeExchange first = await SendAsync(order);
        FakeExchange second = await SendAsync(order);
        Cancel(second, order);
        Assert.Equal(FakeModel.Steps, StepsOf(await RunNextAsync(first)));
        Assert.Null(await RunNextAsync(second));
        Assert.True(second.Error!.Value.Retryable);

        FakeExchange third = await SendAsync(order);
        Cancel(third, order);
        Assert.Equal(FakeModel.Steps, StepsOf(await RunNextAsync(third)));
    }

    [Fact]
    public async Task Resume_OrderCancelledBeforeItsFirstStep_SettlesWithNone()
    {
        StoredOrder stored = await CancelledAtZeroAsync();
        new ResumeJob(_serving, stored) { Model = _model, Channel = stored.Order.Channel }
            .Run(_model);
        StoredOrder? settled = await _ledger.OrderAsync(stored.Hash);
        Assert.Equal(0u, settled!.Receipt!.Receipt.Steps);
        Assert.Equal(0, (int)settled.Receipt.Receipt.Units);
    }

    [Fact]
    public async Task TraceRoot_OfNoSteps_IsNotThatOfAWholeRun()
    {
        StoredOrder stored = await CancelledAtZeroAsync();
        Receipt receipt = new(
            stored.Hash, 0, RunResult.Nothing(default).OutputRoot, default, 0);
        FakeExchange request = new();
        new TraceJob(_serving, request, stored, receipt)
        {
            Model = _model,
            Channel = stored.Order.Channel,
        }.Run(_model);
        byte[]? answer = await request.Answer;
        Assert.Equal(RefusalReason.None, SignedPayload.Decode(
            answer, out TraceRootStatement statement, out _));
        Assert.Equal((0u, true), (statement.Steps, statement.TraceRoot.IsZero));
    }

    [Fact]
    public async Task TraceRoot_OfAnotherResult_IsNotSigned()
    {
        StoredOrder stored = await CancelledAtZeroAsync();
        Receipt receipt = new(stored.Hash, 2, Keccak256.Hash("flipped bit"u8), default, 20);
        TraceJob job = new(_serving, new FakeExchange(), stored, receipt)
        {
            Model = _model,
            Channel = stored.Order.Channel,
        };
        Assert.Throws<InvalidOperationException>(() => job.Run(_model));
    }

    [Fact]
    public async Task State_NamesOrdersThatStillRun()
    {
        Order order = NewOrder();
        await SendAsync(order);
        Ack proof = new(order.Channel, 0, 0);
        FakeExchange request = new()
        {
            Kind = FrameKind.StateRequest,
            Payload = SignedPayload.Encode(
                proof, _spendKey.Sign(proof.Digest(_serving.Separator))),
        };
        await _pipeline.OnRequestAsync(request);
        StateMessage state = StateMessage.Decode(
            await request.Answer.WaitAsync(Patience.Default));
        Assert.True(Assert.Single(state.Entries).ReceiptSigned.IsEmpty);
    }

    private static uint StepsOf(byte[]? receipt)
    {
        Assert.Equal(RefusalReason.None, SignedPayload.Decode(receipt, out Receipt read, out _));
        return read.Steps;
    }

    private Order NewOrder() => new(
        _terms.HashStruct(), 0, _model.ModelRoot, Keccak256.Hash(s_input),
        FakeModel.Steps * FakeModel.UnitsPerStep, _serving.Now + 60, OrderFlags.None, default);

    private async Task<FakeExchange> SendAsync(Order order)
    {
        Signature signature = _spendKey.Sign(order.Digest(_serving.Separator));
        byte[] signed = SignedPayload.Encode(order, signature);
        FakeExchange stream = new()
        {
            Order = signed.AsMemory(0, Order.PayloadBytes),
            Signature = signed.AsMemory(Order.PayloadBytes),
            Input = s_input,
        };
        await _pipeline.OnOrderAsync(stream);
        Assert.Null(stream.Error);
        return stream;
    }

    private void Cancel(FakeExchange stream, Order order)
    {
        Cancel cancel = new(order.HashStruct());
        _pipeline.OnCancel(stream, SignedPayload.Encode(
            cancel, _spendKey.Sign(cancel.Digest(_serving.Separator))));
    }

    /// <summary>The job that waits longest, and what its client hears.</summary>
    private async Task<byte[]?> RunNextAsync(FakeExchange stream)
    {
        Assert.True(_queue.TryDequeue(out Job? job));
        job.Run(_model);
        return await stream.Answer.WaitAsync(Patience.Default);
    }

    private async Task<StoredOrder> CancelledAtZeroAsync()
    {
        Order order = NewOrder();
        await SendAsync(order);
        await _ledger.RecordCancel(new Cancel(order.HashStruct()), default, 0, out _);
        return (await _ledger.OrderAsync(order.HashStruct()))!;
    }
}
