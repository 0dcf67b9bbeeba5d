using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger.Tests;

public sealed class OrderTests
{
    [Fact]
    public async Task Reserve_SameOrderAgain_IsReplayAndChargesNothing()
    {
        using TemporaryDirectory directory = new();
        using LedgerStore store = Given.Open(directory);
        ChannelRow row = Given.Channel();
        await store.PutChannel(row);
        Order order = Given.Order(row, 0);
        Given.Serve(store, order);
        ChannelSums before = store.Channel(Given.Id(row))!.Sums;

        ReserveResult again = Given.Reserve(store, order);

        Assert.True(again.IsReplay);
        Assert.Equal(Given.Receipt(order), again.Receipt!.Receipt);
        Assert.Equal(before, store.Channel(Given.Id(row))!.Sums);
        Assert.Equal(
            SequenceUse.Same, store.View(Given.Id(row), 0, order.HashStruct()).SequenceUse);
    }

    [Fact]
    public async Task Reserve_AckedOrderAgain_IsReplayFromDisk()
    {
        using TemporaryDirectory directory = new();
        using LedgerStore store = Given.Open(directory);
        ChannelRow row = Given.Channel();
        await store.PutChannel(row);
        Order order = Given.Order(row, 0);
        Given.Serve(store, order);
        await Given.AckAsync(store, row, 100, 1);

        ReserveResult again = Given.Reserve(store, order);
        Assert.True(again.IsReplay);
        Assert.Equal(Given.Receipt(order), again.Receipt!.Receipt);
        Assert.Equal(
            RefusalReason.None, store.RecordReceipt(Given.Receipt(order), Given.Signature));
        Assert.Equal(
            RefusalReason.ReceiptConflict,
            store.RecordReceipt(Given.Receipt(order, 1), Given.Signature));
        Assert.Equal(
            RefusalReason.OrderUnknown,
            store.RecordReceipt(Given.Receipt(Given.Order(row, 70)), Given.Signature));
        Assert.Equal(
            SequenceUse.Same, store.View(Given.Id(row), 0, order.HashStruct()).SequenceUse);
        Order other = Given.Order(row, 0, root: 8);
        Assert.Equal(RefusalReason.SequencePassed, Given.Reserve(store, other).Refusal);
        Assert.Equal(
            SequenceUse.Passed, store.View(Given.Id(row), 0, other.HashStruct()).SequenceUse);
    }

    [Fact]
    public async Task Reserve_OtherOrderOfASequence_RefusedAndOneKept()
    {
        using TemporaryDirectory directory = new();
        using LedgerStore store = Given.Open(directory);
        ChannelRow row = Given.Channel();
        await store.PutChannel(row);
        Given.Serve(store, Given.Order(row, 0));
        Order second = Given.Order(row, 0, root: 7);

        Assert.Equal(RefusalReason.SequenceUsed, Given.Reserve(store, second).Refusal);
        Assert.Equal(
            RefusalReason.SequenceUsed,
            Given.Reserve(store, Given.Order(row, 0, root: 8)).Refusal);

        StoredConflict conflict = Assert.Single(await store.ConflictsAsync());
        Assert.Equal(second, conflict.Order);
        Assert.Equal(
            SequenceUse.OtherKept,
            store.View(Given.Id(row), 0, second.HashStruct()).SequenceUse);
    }

    [Fact]
    public async Task Reserve_Window_Is1024BeyondTheAck()
    {
        using TemporaryDirectory directory = new();
        using LedgerStore store = Given.Open(directory);
        ChannelRow row = Given.Channel();
        await store.PutChannel(row);
        Assert.Equal(RefusalReason.None, Given.Reserve(store, Given.Order(row, 1023, 1)).Refusal);
        Assert.Equal(
            RefusalReason.SequenceAhead, Given.Reserve(store, Given.Order(row, 1024, 1)).Refusal);
        await Given.AckAsync(store, row, 0, 1);
        Assert.Equal(RefusalReason.None, Given.Reserve(store, Given.Order(row, 1024, 1)).Refusal);
        Assert.Equal(
            RefusalReason.SequencePassed, Given.Reserve(store, Given.Order(row, 0, 1)).Refusal);
    }

    [Fact]
    public async Task Reserve_Released_MayComeAgainAndMustFitAgain()
    {
        using TemporaryDirectory directory = new();
        using LedgerStore store = Given.Open(directory);
        ChannelRow row = Given.Channel(locked: 150);
        await store.PutChannel(row);
        Order order = Given.Order(row, 0);
        Given.Reserve(store, order);
        Assert.Equal(RefusalReason.None, store.ReleaseOrder(order.HashStruct()));
        Assert.Equal(RefusalReason.None, Given.Reserve(store, Given.Order(row, 1)).Refusal);
        Assert.Equal(RefusalReason.BalanceShort, Given.Reserve(store, order).Refusal);
        Assert.Equal(
            RefusalReason.OrderUnknown,
            store.RecordReceipt(Given.Receipt(order), Given.Signature));
        store.CheckInvariants();
    }

    /// <summary>Cancelled, given up, sent again: it ends where the holder said, and nothing of it
    /// leaves before the order is on the disk again.</summary>
    [Fact]
    public async Task Reserve_CancelledThenReleased_KeepsItsCancelAndWaitsForTheDisk()
    {
        using TemporaryDirectory directory = new();
        using LedgerStore store = Given.Open(directory);
        ChannelRow row = Given.Channel();
        await store.PutChannel(row);
        Order order = Given.Order(row, 0);
        Given.Reserve(store, order);
        await store.RecordCancel(
            new Cancel(order.HashStruct()), Given.Signature, 2, out RefusalReason refusal);
        Assert.Equal(RefusalReason.None, refusal);
        Assert.Equal(RefusalReason.None, store.ReleaseOrder(order.HashStruct()));
        ReserveResult again = Given.Reserve(store, order);
        Assert.Equal((false, 2u), (again.IsReplay, again.CancelSteps));
        ReserveResult replay = Given.Reserve(store, order);
        Assert.Equal((true, 2u), (replay.IsReplay, replay.CancelSteps));
        Assert.Same(again.Durable, replay.Durable);
        await replay.Durable;
        Assert.Equal(OrderState.Reserved, (await store.OrderAsync(order.HashStruct()))!.State);
    }

    [Fact]
    public async Task Receipt_SecondAndDifferent_Refused()
    {
        using TemporaryDirectory directory = new();
        using LedgerStore store = Given.Open(directory);
        ChannelRow row = Given.Channel();
        await store.PutChannel(row);
        Order order = Given.Order(row, 0);
        Given.Serve(store, order);
        Assert.Equal(
            RefusalReason.None, store.RecordReceipt(Given.Receipt(order), Given.Signature));
        Assert.Equal(
            RefusalReason.ReceiptConflict,
            store.RecordReceipt(Given.Receipt(order, 99), Given.Signature));
        Assert.Equal(
            RefusalReason.ReceiptConflict,
            store.RecordReceipt(Given.Receipt(order, steps: 2), Given.Signature));
    }

    [Fact]
    public async Task Receipt_AboveMaxUnits_ChargesMaxUnits()
    {
        using TemporaryDirectory directory = new();
        using LedgerStore store = Given.Open(directory);
        ChannelRow row = Given.Channel();
        await store.PutChannel(row);
        Order order = Given.Order(row, 0);
        Given.Reserve(store, order);
        store.RecordReceipt(Given.Receipt(order, 5_000), Given.Signature);
        Assert.Equal((UInt128)100, store.Channel(Given.Id(row))!.Sums.Settled);
        store.CheckInvariants();
    }

    [Fact]
    public async Task Cancel_FixesTheStepsOfTheReceipt_FirstWins()
    {
        using TemporaryDirectory directory = new();
        ChannelRow row = Given.Channel();
        Order order = Given.Order(row, 0);
        Cancel cancel = new(order.HashStruct());
        using (LedgerStore store = Given.Open(directory))
        {
            await store.PutChannel(row);
            Given.Reserve(store, order);
            await store.RecordCancel(cancel, Given.Signature, 7, out RefusalReason refusal);
            Assert.Equal(RefusalReason.None, refusal);
            await store.RecordCancel(cancel, Given.Signature, 9, out _);
        }

        using LedgerStore again = Given.Open(directory);
        StoredOrder unfinished = Assert.Single(await again.UnfinishedOrdersAsync());
        Assert.Equal(7u, unfinished.CancelSteps);
        Assert.Equal(
            RefusalReason.ReceiptStepsWrong,
            again.RecordReceipt(Given.Receipt(order, steps: 9), Given.Signature));
        Assert.Equal(
            RefusalReason.None,
            again.RecordReceipt(Given.Receipt(order, steps: 7), Given.Signature));
        Order other = Given.Order(row, 1);
        Given.Serve(again, other);
        _ = again.RecordCancel(
            new Cancel(other.HashStruct()), Given.Signature, 1, out RefusalReason late);
        Assert.Equal(RefusalReason.OrderFinished, late);
    }

    [Fact]
    public async Task Accept_FirstWins_AcrossARestart()
    {
        using TemporaryDirectory directory = new();
        ChannelRow row = Given.Channel();
        Order order = Given.Order(row, 0);
        using (LedgerStore store = Given.Open(directory))
        {
            await store.PutChannel(row);
            Given.Reserve(store, order);
            await store.RecordAccept(new Accept(order.HashStruct(), 50), Given.Signature, out _);
        }

        using LedgerStore again = Given.Open(directory);
        await again.RecordAccept(new Accept(order.HashStruct(), 60), Given.Signature, out _);
        Assert.Equal(50ul, Given.Reserve(again, order).Accept!.Accept.DueAt);
    }

    [Fact]
    public async Task Release_StopsTheChannel_NotWhileAnOrderRuns()
    {
        using TemporaryDirectory directory = new();
        using LedgerStore store = Given.Open(directory);
        ChannelRow row = Given.Channel();
        await store.PutChannel(row);
        Order order = Given.Order(row, 0);
        Given.Reserve(store, order);
        Release release = new(Given.Id(row), 100);
        _ = store.RecordRelease(release, Given.Signature, out RefusalReason refusal);
        Assert.Equal(RefusalReason.AckUnfinished, refusal);
        store.RecordReceipt(Given.Receipt(order), Given.Signature);
        await store.RecordRelease(release, Given.Signature, out refusal);
        Assert.Equal(RefusalReason.None, refusal);
        Assert.Equal(
            RefusalReason.ChannelReleased, Given.Reserve(store, Given.Order(row, 1)).Refusal);
        _ = store.RecordRelease(release with { CumUnits = 1 }, Given.Signature, out refusal);
        Assert.Equal(RefusalReason.ChannelReleased, refusal);
        Assert.Equal(RefusalReason.None, (await Given.AckAsync(store, row, 100, 1)).Refusal);
        Assert.True(Given.Reserve(store, order).IsReplay);
    }

    [Fact]
    public async Task Release_BelowWhatWasServedOrAckedMeanwhile_GivesNothingAway()
    {
        using TemporaryDirectory directory = new();
        using LedgerStore store = Given.Open(directory);
        ChannelRow row = Given.Channel();
        await store.PutChannel(row);
        Release seenBefore = new(Given.Id(row), 0);
        Given.Serve(store, Given.Order(row, 0));
        _ = store.RecordRelease(seenBefore, Given.Signature, out RefusalReason refusal);
        Assert.Equal(RefusalReason.AckUnfinished, refusal);
        await Given.AckAsync(store, row, 100, 1);
        _ = store.RecordRelease(seenBefore, Given.Signature, out refusal);
        Assert.Equal(RefusalReason.AckUnfinished, refusal);
        Assert.Equal(RefusalReason.None, Given.Reserve(store, Given.Order(row, 1)).Refusal);
    }

    [Fact]
    public async Task Reserve_ReplayOfACancelledOrder_WaitsForTheCancel()
    {
        using TemporaryDirectory directory = new();
        using LedgerStore store = Given.Open(directory);
        ChannelRow row = Given.Channel();
        await store.PutChannel(row);
        Order order = Given.Order(row, 0);
        await Given.Reserve(store, order).Durable;
        Task stored = store.RecordCancel(
            new Cancel(order.HashStruct()), Given.Signature, 0, out _);
        ReserveResult again = Given.Reserve(store, order);
        Assert.Equal(0u, again.CancelSteps);
        Assert.Same(stored, again.Durable);
        await again.Durable;
    }

    [Fact]
    public async Task Reserve_SixtyFourThreadsAtOnce_ExactlyOnce()
    {
        // V5: one order from 64 threads at once, many times; only one of them may reserve.
        using TemporaryDirectory directory = new();
        using LedgerStore store = Given.Open(directory);
        ChannelRow row = Given.Channel(locked: 1_000_000);
        await store.PutChannel(row);
        const int threads = 64;
        const ulong rounds = 40;
        int[] reserved = new int[rounds];
        using Barrier barrier = new(threads);
        List<Thread> all = [];
        for (int t = 0; t < threads; t++)
        {
            Thread thread = new(() =>
            {
                for (ulong seq = 0; seq < rounds; seq++)
                {
                    Order order = Given.Order(row, seq, 10);
                    barrier.SignalAndWait();
                    ReserveResult result = Given.Reserve(store, order);
                    if (result.Refusal == RefusalReason.None && !result.IsReplay)
                    {
                        Interlocked.Increment(ref reserved[seq]);
                    }
                }
            });
            thread.Start();
            all.Add(thread);
        }

        foreach (Thread thread in all)
        {
            thread.Join();
        }

        Assert.All(reserved, count => Assert.Equal(1, count));
        Assert.Equal((UInt128)(10 * rounds), store.Channel(Given.Id(row))!.Sums.Accepted);
        store.CheckInvariants();
    }

    [Fact]
    public async Task Reserve_ManyOrdersAtOnce_NeverBeyondTheBalance()
    {
        // Check-then-reserve in two steps would let two of them through here.
        using TemporaryDirectory directory = new();
        using LedgerStore store = Given.Open(directory);
        ChannelRow row = Given.Channel(locked: 1_050);
        await store.PutChannel(row);
        int reserved = 0;
        Parallel.For(0, 200, i =>
        {
            if (Given.Reserve(store, Given.Order(row, (ulong)i)).Refusal == RefusalReason.None)
            {
                Interlocked.Increment(ref reserved);
            }
        });
        Assert.Equal(10, reserved);
        store.CheckInvariants();
    }

    [Fact]
    public async Task Reserve_PendingBytes_AreBounded()
    {
        using TemporaryDirectory directory = new();
        using LedgerStore store = LedgerStore.Open(
            directory.Path, Given.Options with { PendingBytesMax = 4_000 });
        ChannelRow row = Given.Channel();
        await store.PutChannel(row);
        Assert.Equal(
            RefusalReason.LedgerBusy,
            Given.Reserve(store, Given.Order(row, 0), new byte[5_000]).Refusal);
        Assert.Equal(RefusalReason.None, Given.Reserve(store, Given.Order(row, 0)).Refusal);
    }

    [Fact]
    public async Task Ack_ReplayAndStale_ConfirmTheNewest()
    {
        using TemporaryDirectory directory = new();
        using LedgerStore store = Given.Open(directory);
        ChannelRow row = Given.Channel();
        await store.PutChannel(row);
        for (ulong seq = 0; seq < 3; seq++)
        {
            Given.Serve(store, Given.Order(row, seq));
        }

        Assert.Equal(RefusalReason.None, (await Given.AckAsync(store, row, 300, 3)).Refusal);
        AckResult stale = await Given.AckAsync(store, row, 100, 1);
        Assert.Equal(RefusalReason.None, stale.Refusal);
        Assert.Equal((UInt128)300, stale.Newest.CumUnits);
        Assert.Equal(
            RefusalReason.AckNotMonotone, (await Given.AckAsync(store, row, 400, 2)).Refusal);
        Assert.Equal(
            RefusalReason.ChannelUnknown,
            (await Given.AckAsync(store, Given.Channel(99), 1, 1)).Refusal);
    }

    [Fact]
    public async Task Ack_OfAClientAfterALostDisk_IsTaken()
    {
        // The new ledger knows nothing; the client's newest ack is still worth its units.
        using TemporaryDirectory directory = new();
        using LedgerStore store = Given.Open(directory);
        ChannelRow row = Given.Channel();
        await store.PutChannel(row);
        Assert.Equal(RefusalReason.None, (await Given.AckAsync(store, row, 5_000, 777)).Refusal);
        Assert.Equal(
            RefusalReason.SequencePassed, Given.Reserve(store, Given.Order(row, 776)).Refusal);
        Assert.Equal(RefusalReason.None, Given.Reserve(store, Given.Order(row, 777)).Refusal);
        store.CheckInvariants();
    }

    [Fact]
    public async Task Budget_IsSharedByTheChannelsOfASpendKey()
    {
        using TemporaryDirectory directory = new();
        using LedgerStore store = Given.Open(directory);
        ChannelRow first = Given.Channel(1, 100_000);
        ChannelRow second = Given.Channel(2, 100_000);
        ChannelRow stranger = Given.Channel(3, 100_000, spendKey: 2);
        await store.PutChannel(first);
        await store.PutChannel(second);
        await store.PutChannel(stranger);
        Assert.Equal(
            RefusalReason.None, Given.Reserve(store, Given.Order(first, 0, 3_000)).Refusal);
        Assert.Equal(
            RefusalReason.BudgetShort, Given.Reserve(store, Given.Order(second, 0, 2_000)).Refusal);
        Assert.Equal(
            RefusalReason.None, Given.Reserve(store, Given.Order(stranger, 0, 2_000)).Refusal);
    }

    [Fact]
    public async Task Prune_OldAckedOrders_GoAndSumsStay()
    {
        using TemporaryDirectory directory = new();
        ChannelRow row = Given.Channel();
        ChannelSums before;
        using (LedgerStore store = Given.Open(directory))
        {
            await store.PutChannel(row);
            for (ulong seq = 0; seq < 4; seq++)
            {
                Given.Serve(store, Given.Order(row, seq));
            }

            Given.Reserve(store, Given.Order(row, 0, root: 9));
            await Given.AckAsync(store, row, 300, 3);
            before = store.Channel(Given.Id(row))!.Sums;
            Assert.Equal(0, await store.PruneAsync(1_500, 500));
            Assert.Equal(3, await store.PruneAsync(1_501, 500));
            Assert.Equal(0, await store.PruneAsync(1_501, 500));
            Assert.Equal(before, store.Channel(Given.Id(row))!.Sums);
            store.CheckInvariants();
        }

        using LedgerStore again = Given.Open(directory);
        Assert.Equal(before, again.Channel(Given.Id(row))!.Sums);
        Assert.Null(await again.OrderAsync(Given.Order(row, 0).HashStruct()));
        Assert.NotNull(await again.OrderAsync(Given.Order(row, 3).HashStruct()));
        Assert.Empty(await again.ConflictsAsync());
        Assert.Single(await again.OrdersAsync(Given.Id(row), 0, 10));
    }

    [Fact]
    public async Task Prune_ClosedChannel_WritesOffWhatNobodyPays()
    {
        using TemporaryDirectory directory = new();
        using LedgerStore store = Given.Open(directory);
        ChannelRow row = Given.Channel();
        await store.PutChannel(row);
        Given.Serve(store, Given.Order(row, 0));
        Given.Reserve(store, Given.Order(row, 1));
        Assert.Equal(0, await store.PruneAsync(9_000, 1));
        await store.PutChannel(row with { Status = ChannelStatus.Closed });
        Assert.Equal(2, await store.PruneAsync(9_000, 1));
        Assert.Equal((UInt128)0, store.Channel(Given.Id(row))!.Sums.Unacked);
        store.CheckInvariants();
    }
}
