using System;
using System.Collections.Generic;
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
public sealed class OrderRunTests : IDisposable
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
        Assert.Equal(receipt, await again.Answer.WaitAsync(Patience.Default));
        Assert.Equal([1, 2, 3], again.Output);
    }

    [Fact]
    public async Task Cancel_OfAnOrderThatWasCancelled_SameAnswerAgain()
    {
        Order order = _rig.NewOrder();
        FakeExchange first = await _rig.SendAsync(order);
        Cancel(first, order);
        byte[]? receipt = await _rig.RunNextAsync(first);
        Assert.Equal(0u, StepsOf(receipt));

        // Another process, which has no answers left.
        FakeExchange again = await _rig.SendAsync(order, _rig.NewPipeline());
        Cancel(again, order);
        Assert.Equal(receipt, await _rig.RunNextAsync(again));
    }

    /// <summary>A cancel is of the order, so of the one run that it has.</summary>
    [Fact]
    public async Task Cancel_ByASecondAsker_EndsTheRunForBoth()
    {
        Order order = _rig.NewOrder();
        FakeExchange first = await _rig.SendAsync(order);
        FakeExchange second = await _rig.SendAsync(order);
        Cancel(second, order);
        byte[]? receipt = await _rig.RunNextAsync(first);
        Assert.Equal(0u, StepsOf(receipt));
        Assert.Equal(receipt, await second.Answer.WaitAsync(Patience.Default));
    }

    /// <summary>Sixty askers at once, and sixty later: one execution, one answer.</summary>
    [Fact]
    public async Task Ask_TheSameOrderOften_RunsOnce()
    {
        Order order = _rig.NewOrder();
        List<FakeExchange> askers = [];
        for (int i = 0; i < 60; i++)
        {
            askers.Add(await _rig.SendAsync(order));
        }

        Assert.Equal(1, _rig.Queue.Count);
        byte[]? receipt = await _rig.RunNextAsync(askers[0]);
        for (int i = 0; i < 60; i++)
        {
            askers.Add(await _rig.SendAsync(order));
        }

        Assert.Equal(0, _rig.Queue.Count);
        foreach (FakeExchange asker in askers)
        {
            Assert.Equal(receipt, await asker.Answer.WaitAsync(Patience.Default));
            Assert.Equal([1, 2, 3], asker.Output);
        }

        Assert.Equal(1, _rig.Model.Runs);
        Assert.Equal(0, _rig.Pipeline.InFlight);
        await _rig.CheckPlacesAsync();
    }

    /// <summary>What is paid for goes first, and what nobody waits for is not run.</summary>
    [Fact]
    public async Task Ask_AgainWithoutTheAnswer_BehindPaidWorkAndOnlyForSomebody()
    {
        Order order = _rig.NewOrder();
        await _rig.RunNextAsync(await _rig.SendAsync(order));
        Pipeline later = _rig.NewPipeline();
        FakeExchange again = await _rig.SendAsync(order, later);
        FakeExchange paid = await _rig.SendAsync(_rig.NewOrder(1), later);
        await _rig.RunNextAsync(paid);
        Assert.False(again.Answer.IsCompleted);
        Assert.Equal(2, _rig.Model.Runs);

        again.IsOpen = false;
        Assert.Null(await _rig.RunNextAsync(again));
        Assert.Equal(2, _rig.Model.Runs);
        Assert.Equal([1, 2, 3], (await Again()).Output);
        await _rig.CheckPlacesAsync();

        async Task<FakeExchange> Again()
        {
            FakeExchange third = await _rig.SendAsync(order, later);
            Assert.NotNull(await _rig.RunNextAsync(third));
            return third;
        }
    }

    [Fact]
    public async Task Run_AfterTheDeadline_IsNotStartedAndNotCharged()
    {
        Order order = _rig.NewOrder();
        FakeExchange stream = await _rig.SendAsync(order);
        _rig.Clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Null(await _rig.RunNextAsync(stream));
        Assert.Equal((ushort)RefusalReason.DeadlinePassed, stream.Error!.Value.Reason);
        Assert.False(stream.Error.Value.Retryable);
        Assert.Equal(0, _rig.Model.Runs);
        Assert.Equal(0, (int)_rig.Sums.Unacked);

        // The channel serves on, and an ack may pass the sequence.
        order = _rig.NewOrder(1);
        Assert.NotNull(await _rig.RunNextAsync(await _rig.SendAsync(order)));
        await _rig.CheckPlacesAsync();
    }

    /// <summary>An answer that was made in time is owed and given for as long as it is kept.
    /// </summary>
    [Fact]
    public async Task Run_AfterTheDeadline_OfASettledOrder_AnswersAgain()
    {
        Order order = _rig.NewOrder();
        byte[]? receipt = await _rig.RunNextAsync(await _rig.SendAsync(order));
        _rig.Clock.Advance(TimeSpan.FromHours(2));
        FakeExchange again = await _rig.SendAsync(order, _rig.NewPipeline());
        Assert.Equal(receipt, await _rig.RunNextAsync(again));
    }

    [Fact]
    public async Task Run_AfterTheDeadline_OfACancelledOrder_HasAReceiptOfNothing()
    {
        Order order = _rig.NewOrder();
        FakeExchange stream = await _rig.SendAsync(order);
        Cancel(stream, order);
        _rig.Clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(0u, StepsOf(await _rig.RunNextAsync(stream)));
    }

    [Fact]
    public async Task Resume_OrderCancelledBeforeItsFirstStep_SettlesWithNone()
    {
        StoredOrder stored = await CancelledAtZeroAsync();
        _rig.Resume(_rig.NewPipeline(), stored);
        StoredOrder? settled = await _rig.Ledger.OrderAsync(stored.Hash);
        Assert.Equal(0u, settled!.Receipt!.Receipt.Steps);
        Assert.Equal(0, (int)settled.Receipt.Receipt.Units);
    }

    [Fact]
    public async Task Resume_ReadsTheInputWhenItRuns_AndAnswersWhoAsksMeanwhile()
    {
        StoredOrder stored = await _rig.LeftBehindAsync(_rig.NewOrder());
        Pipeline later = _rig.NewPipeline();
        Assert.Equal(1, later.Resume([stored]));
        Assert.Equal(0, later.Resume([stored]));
        FakeExchange again = await _rig.SendAsync(stored.Order, later);
        Assert.NotNull(await _rig.RunNextAsync(again));
        Assert.Equal(1, _rig.Model.Runs);
        await _rig.CheckPlacesAsync();
    }

    /// <summary>Places are as many as before, however many orders were left behind.</summary>
    [Fact]
    public async Task Resume_MoreThanThereArePlaces_WidensNothing()
    {
        List<StoredOrder> left = [];
        for (ulong seq = 0; seq < 2 * ServingRig.Places; seq++)
        {
            left.Add(await _rig.LeftBehindAsync(_rig.NewOrder(seq)));
        }

        Pipeline later = _rig.NewPipeline();
        Assert.Equal(left.Count, later.Resume(left));
        Assert.False(_rig.Queue.TryTakePlace());
        for (int i = 0; i < left.Count; i++)
        {
            Assert.True(_rig.TryWork());
        }

        Assert.False(_rig.TryWork());
        await Patience.UntilAsync(() => (int)_rig.Sums.Reserved == 0);
        await _rig.CheckPlacesAsync();
    }

    [Fact]
    public async Task Resume_LateFailedOrUnpinned_EndsAndFreesItsUnits()
    {
        StoredOrder late = await _rig.LeftBehindAsync(_rig.NewOrder());
        _rig.Clock.Advance(TimeSpan.FromSeconds(60));
        StoredOrder broken = await _rig.LeftBehindAsync(_rig.NewOrder(1));
        StoredOrder unpinned = await _rig.LeftBehindAsync(_rig.NewOrder(2));
        Assert.NotEqual(0, (int)_rig.Sums.Reserved);
        Pipeline later = _rig.NewPipeline();
        later.Resume([late]);
        Assert.True(_rig.TryWork());
        later.Resume([broken]);
        Assert.True(_rig.TryWork(new InvalidOperationException("a defect")));
        Assert.Equal(0, later.Resume([unpinned with
        {
            Order = unpinned.Order with { ModelRoot = Keccak256.Hash("gone"u8) },
        }]));
        Assert.Equal(0, (int)_rig.Sums.Reserved);
        Assert.Equal(0, _rig.Model.Runs);
        await _rig.CheckPlacesAsync();
    }

    [Fact]
    public async Task TraceRoot_OfNoSteps_IsNotThatOfAWholeRun()
    {
        StoredOrder stored = await CancelledAtZeroAsync();
        Receipt receipt = new(
            stored.Hash, 0, RunResult.Nothing(default).OutputRoot, default, 0);
        FakeExchange request = new() { Kind = FrameKind.TraceRequest };
        TraceOf(stored, receipt, request).Run(_rig.Model);
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
        TraceJob job = TraceOf(stored, receipt, new FakeExchange());
        Assert.Throws<InvalidOperationException>(() => job.Run(_rig.Model));
    }

    /// <summary>An acked order is on the disk only, where nobody looks for a stranger; its holder
    /// gets its answer.</summary>
    [Fact]
    public async Task Replay_OfAnAckedOrder_IsLookedUpForWhoSigned()
    {
        Order order = _rig.NewOrder();
        byte[]? receipt = await _rig.RunNextAsync(await _rig.SendAsync(order));
        await _rig.Ledger.RecordAck(new Ack(order.Channel, 30, 1), default).Durable;
        using PrivateKey stranger = PrivateKey.FromBytes(Keccak256.Hash("stranger"u8).Span);
        FakeExchange forged = _rig.StreamOf(
            _rig.NewOrder(flags: OrderFlags.AcceptWanted), key: stranger);
        await _rig.Pipeline.OnOrderAsync(forged);
        Assert.Equal((ushort)RefusalReason.SignerWrong, forged.Error!.Value.Reason);
        FakeExchange again = await _rig.SendAsync(order);
        Assert.Equal(receipt, await again.Answer.WaitAsync(Patience.Default));
    }

    /// <summary>What is run again for no pay is in no figure of what was earned.</summary>
    [Fact]
    public async Task Replay_IsCountedApart()
    {
        Order order = _rig.NewOrder();
        await _rig.RunNextAsync(await _rig.SendAsync(order));
        await _rig.RunNextAsync(await _rig.SendAsync(order, _rig.NewPipeline()));
        Assert.Equal(2, _rig.Model.Runs);
        string page = _rig.Serving.Metrics.Render();
        string[] figures =
        [
            "orders_served_total 1", "units_served_total 30", "orders_replayed_total 1",
            "units_replayed_total 30",
        ];
        Assert.All(figures, figure => Assert.Contains(
            $"\ncomputevoucher_{figure}\n", page, StringComparison.Ordinal));
    }

    /// <summary>Only the run needs an input, and only the first asker's.</summary>
    [Fact]
    public async Task Inputs_GoBackAsSoonAsNoRunNeedsThem()
    {
        Order order = _rig.NewOrder();
        FakeExchange first = await _rig.SendAsync(order);
        FakeExchange joiner = await _rig.SendAsync(order);
        Assert.Equal((false, true), (first.IsInputReleased, joiner.IsInputReleased));
        await _rig.RunNextAsync(first);
        Assert.True(first.IsInputReleased);
        Assert.True((await _rig.SendAsync(order)).IsInputReleased);
    }

    /// <summary>A full disk took the receipt back after it was sent: what was served is owed,
    /// however late that is found.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LostReceipt_OfAnAnswerThatIsKept_IsStoredAgain(bool isAsked)
    {
        StoredOrder stored = await _rig.LeftBehindAsync(_rig.NewOrder());
        OrderRuns runs = Served(stored);
        Assert.Null((await _rig.Ledger.OrderAsync(stored.Hash))!.Receipt);
        _rig.Clock.Advance(TimeSpan.FromHours(1));
        if (isAsked)
        {
            FakeExchange again = _rig.StreamOf(stored.Order);
            Assert.Equal(RefusalReason.None, runs.Ask(
                new OrderExchange(_rig.Serving, Reserve(again), 0, _ => { })));
            Assert.NotNull(await again.Answer.WaitAsync(Patience.Default));
        }
        else
        {
            Assert.False(runs.Resume(stored));
        }

        Assert.Equal(0, _rig.Queue.Count);
        StoredOrder? settled = await _rig.Ledger.OrderAsync(stored.Hash);
        Assert.Equal(30, (int)settled!.Receipt!.Receipt.Units);
        Assert.Equal((0, 30), ((int)_rig.Sums.Reserved, (int)_rig.Sums.Unacked));
    }

    /// <summary>A receipt came while the run waited: it is not called late.</summary>
    [Fact]
    public async Task Run_AfterTheDeadline_OfAnOrderThatHasItsReceiptMeanwhile_AsksAgain()
    {
        StoredOrder stored = await _rig.LeftBehindAsync(_rig.NewOrder());
        Pipeline later = _rig.NewPipeline();
        later.Resume([stored]);
        Receipt receipt = new(stored.Hash, 3, Keccak256.Hash([1, 2, 3]), default, 30);
        Assert.Equal(RefusalReason.None, _rig.Ledger.RecordReceipt(receipt, default));
        _rig.Clock.Advance(TimeSpan.FromSeconds(60));
        FakeExchange stream = await _rig.SendAsync(stored.Order, later);
        Assert.Null(await _rig.RunNextAsync(stream));
        Assert.Equal(((ushort)RefusalReason.Overloaded, true), stream.Error!.Value);
        Assert.Equal(30, (int)_rig.Sums.Unacked);
    }

    /// <summary>Given up between the look and the reservation, and no place is left.</summary>
    [Fact]
    public async Task Ask_ReservedAnewWithoutAPlace_IsGivenUp()
    {
        StoredOrder stored = await _rig.LeftBehindAsync(_rig.NewOrder());
        FakeExchange stream = _rig.StreamOf(stored.Order);
        Stage<CheckedOrder> order = DecodedOrder.Decode(stream)
            .Then(_rig.Serving, CheckedOrder.Check);
        _rig.Ledger.ReleaseOrder(stored.Hash);
        ReservedOrder reserved = order.Then(_rig.Serving, ReservedOrder.Reserve).Value!;
        Assert.Equal((false, false), (reserved.IsReplay, reserved.HasPlace));
        while (_rig.Queue.TryTakePlace())
        {
        }

        Assert.Equal(RefusalReason.Overloaded, new OrderRuns(_rig.Serving).Ask(
            new OrderExchange(_rig.Serving, reserved, 0, _ => { })));
        Assert.Equal(0, (int)_rig.Sums.Reserved);
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

    private ReservedOrder Reserve(FakeExchange stream) => DecodedOrder.Decode(stream)
        .Then(_rig.Serving, CheckedOrder.Check)
        .Then(_rig.Serving, ReservedOrder.Reserve).Value!;

    /// <summary>The order was answered, and the ledger knows nothing of it.</summary>
    private OrderRuns Served(StoredOrder stored)
    {
        OrderRuns runs = new(_rig.Serving);
        RunResult result = _rig.Model.Run(ServingRig.Input, new RunOptions());
        Receipt receipt = new(
            stored.Hash, result.Steps, result.OutputRoot, result.TraceRoot, result.Units);
        DoneOrder done = new(result, _rig.Sign(receipt, _rig.NodeKey));
        runs.Close(new OrderRun(_rig.Serving, runs, stored, _rig.Model), done);
        return runs;
    }

    private void Cancel(FakeExchange stream, Order order)
    {
        Cancel cancel = new(order.HashStruct());
        _rig.Pipeline.OnCancel(stream, _rig.Sign(cancel));
    }

    private TraceJob TraceOf(StoredOrder stored, Receipt receipt, FakeExchange request)
    {
        TraceJob job = new(
            _rig.Serving, new Traces(_rig.Serving), stored, receipt, _rig.Model);
        job.Join(request);
        return job;
    }

    private async Task<StoredOrder> CancelledAtZeroAsync()
    {
        Order order = _rig.NewOrder();
        await _rig.LeftBehindAsync(order);
        await _rig.Ledger.RecordCancel(new Cancel(order.HashStruct()), default, 0, out _);
        return (await _rig.Ledger.OrderAsync(order.HashStruct()))!;
    }
}
