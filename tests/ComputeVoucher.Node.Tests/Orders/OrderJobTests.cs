using System;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Node.Tests;

/// <summary>The same order more than once, with and without cancels: one story, one charge.
/// </summary>
[Trait("Category", "load")]
public sealed class OrderJobTests : IDisposable
{
    private readonly ServingRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Cancel_OfAnOrderThatHasItsReceipt_SameAnswerAgain()
    {
        Order order = _rig.NewOrder();
        FakeExchange first = await _rig.SendAsync(order);
        byte[]? receipt = await _rig.RunNextAsync(first);

        FakeExchange again = await _rig.SendAsync(order);
        Cancel(again, order);
        Assert.Equal(receipt, await _rig.RunNextAsync(again));
        Assert.Equal([1, 2, 3], again.Output);
    }

    [Fact]
    public async Task Cancel_OfAnOrderThatWasCancelled_SameAnswerAgain()
    {
        Order order = _rig.NewOrder();
        await _rig.SendAsync(order);
        _ = _rig.Ledger.RecordCancel(
            new Cancel(order.HashStruct()), default, 2, out RefusalReason refusal);
        Assert.Equal(RefusalReason.None, refusal);

        // The client heard of no receipt, asks again, and cancels again, earlier.
        FakeExchange again = await _rig.SendAsync(order);
        Cancel(again, order);
        Assert.True(_rig.Queue.TryDequeue(out _));
        Assert.Equal(2u, StepsOf(await _rig.RunNextAsync(again)));
    }

    [Fact]
    public async Task Cancel_OvertakenByAnotherRun_MayAskAgain()
    {
        Order order = _rig.NewOrder();
        FakeExchange first = await _rig.SendAsync(order);
        FakeExchange second = await _rig.SendAsync(order);
        Cancel(second, order);
        Assert.Equal(FakeModel.Steps, StepsOf(await _rig.RunNextAsync(first)));
        Assert.Null(await _rig.RunNextAsync(second));
        Assert.True(second.Error!.Value.Retryable);

        FakeExchange third = await _rig.SendAsync(order);
        Cancel(third, order);
        Assert.Equal(FakeModel.Steps, StepsOf(await _rig.RunNextAsync(third)));
    }

    [Fact]
    public async Task Resume_OrderCancelledBeforeItsFirstStep_SettlesWithNone()
    {
        StoredOrder stored = await CancelledAtZeroAsync();
        new ResumeJob(_rig.Serving, stored) { Model = _rig.Model, Channel = stored.Order.Channel }
            .Run(_rig.Model);
        StoredOrder? settled = await _rig.Ledger.OrderAsync(stored.Hash);
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
        new TraceJob(_rig.Serving, request, stored, receipt)
        {
            Model = _rig.Model,
            Channel = stored.Order.Channel,
        }.Run(_rig.Model);
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
        TraceJob job = new(_rig.Serving, new FakeExchange(), stored, receipt)
        {
            Model = _rig.Model,
            Channel = stored.Order.Channel,
        };
        Assert.Throws<InvalidOperationException>(() => job.Run(_rig.Model));
    }

    [Fact]
    public async Task Accept_LeavesBeforeTheAnswer()
    {
        FakeExchange stream = await _rig.SendAsync(
            _rig.NewOrder(flags: OrderFlags.AcceptWanted));
        Assert.NotNull(await _rig.RunNextAsync(stream));
        Assert.Equal(FrameKind.Accept, stream.Sent[0]);
        Assert.Equal(1, stream.Sent.Count(kind => kind == FrameKind.Accept));
        Assert.True(stream.Sent.Count > 1);
    }

    private static uint StepsOf(byte[]? receipt)
    {
        Assert.Equal(RefusalReason.None, SignedPayload.Decode(receipt, out Receipt read, out _));
        return read.Steps;
    }

    private void Cancel(FakeExchange stream, Order order)
    {
        Cancel cancel = new(order.HashStruct());
        _rig.Pipeline.OnCancel(stream, _rig.Sign(cancel));
    }

    private async Task<StoredOrder> CancelledAtZeroAsync()
    {
        Order order = _rig.NewOrder();
        await _rig.SendAsync(order);
        await _rig.Ledger.RecordCancel(new Cancel(order.HashStruct()), default, 0, out _);
        return (await _rig.Ledger.OrderAsync(order.HashStruct()))!;
    }
}
