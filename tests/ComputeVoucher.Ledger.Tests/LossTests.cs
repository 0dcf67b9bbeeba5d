using System;
using System.Threading.Tasks;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger.Tests;

/// <summary>What was served and never acknowledged stops counting against everybody, and its key
/// gets nothing more until it acknowledges.</summary>
public sealed class LossTests
{
    /// <summary>Deadline of the orders, s, and the grace that the tests give.</summary>
    private const ulong Deadline = 1_000;
    private const ulong Grace = 100;

    [Fact]
    public async Task BookLosses_PastDeadlineAndGrace_LeaveTheLiveSumAndDenyTheKey()
    {
        using TemporaryDirectory directory = new();
        using LedgerStore store = Given.Open(directory);
        ChannelRow thief = Given.Channel();
        ChannelRow honest = Given.Channel(salt: 2, spendKey: 2);
        await store.PutChannel(thief);
        await store.PutChannel(honest);
        Given.Serve(store, Given.Order(thief, 0));
        Assert.Equal(RefusalReason.None, Given.Reserve(store, Given.Order(thief, 1)).Refusal);

        Assert.Equal((UInt128)0, store.BookLosses(Deadline + Grace, Grace));
        Assert.Equal((UInt128)200, store.BookLosses(Deadline + Grace + 1, Grace));

        Assert.Equal(new LedgerLosses(0, 200, 1), store.Losses);
        Assert.Equal(
            RefusalReason.BudgetShort, Given.Reserve(store, Given.Order(thief, 2)).Refusal);
        Assert.True(Given.Reserve(store, Given.Order(thief, 0)).IsReplay);
        Assert.Equal(RefusalReason.None, Given.Reserve(store, Given.Order(honest, 0)).Refusal);
        store.CheckInvariants();

        Assert.Equal(
            RefusalReason.None,
            store.RecordReceipt(Given.Receipt(Given.Order(thief, 1), 60), Given.Signature));
        Assert.Equal(new LedgerLosses(100, 160, 1), store.Losses);
        Assert.Equal(
            RefusalReason.None, (await Given.AckAsync(store, thief, 160, 2)).Refusal);
        Assert.Equal(new LedgerLosses(100, 0, 0), store.Losses);
        Assert.Equal(RefusalReason.None, Given.Reserve(store, Given.Order(thief, 2)).Refusal);
        store.CheckInvariants();
    }

    /// <summary>With a court the node may claim it for three days more.</summary>
    [Fact]
    public async Task WithCourt_AnOrderIsLostWhenItCannotBeClaimedAnyMore()
    {
        using TemporaryDirectory directory = new();
        VoucherClass judged = new(default, 1, 2, 3, 4, 5, 6, default, Given.Channel().Terms.Node);
        using LedgerStore store = LedgerStore.Open(directory.Path, Given.Options with
        {
            Policy = Given.Options.Policy.WithClasses([judged]),
        });
        ChannelRow row = Given.Channel();
        row = row with { Terms = row.Terms with { ClassId = judged.HashStruct() } };
        await store.PutChannel(row);
        Given.Serve(store, Given.Order(row, 0));
        ulong end = Deadline + CourtLimits.ClaimSeconds + Grace;
        Assert.Equal((UInt128)0, store.BookLosses(end, Grace));
        Assert.Equal((UInt128)100, store.BookLosses(end + 1, Grace));
    }

    [Fact]
    public async Task ClosedChannel_LeavesTheLiveSumAtOnce()
    {
        using TemporaryDirectory directory = new();
        ChannelRow row = Given.Channel();
        using (LedgerStore store = Given.Open(directory))
        {
            await store.PutChannel(row);
            Given.Serve(store, Given.Order(row, 0));
            await store.PutChannel(row with { Status = ChannelStatus.Closed });
            Assert.Equal(new LedgerLosses(0, 100, 1), store.Losses);
            store.CheckInvariants();
            await store.PutChannel(row);
            Assert.Equal(new LedgerLosses(100, 0, 0), store.Losses);
            await store.PutChannel(row with { Status = ChannelStatus.Closed });
        }

        using LedgerStore again = Given.Open(directory);
        Assert.Equal(new LedgerLosses(0, 100, 1), again.Losses);
        Assert.Equal(1, await again.PruneAsync(Deadline + 10, 1));
        Assert.Equal(new LedgerLosses(0, 0, 0), again.Losses);
        again.CheckInvariants();
    }

    [Fact]
    public async Task WriteOff_OfAChannel_HoldsAfterAStartAndEndsWithItsAck()
    {
        using TemporaryDirectory directory = new();
        ChannelRow row = Given.Channel();
        using (LedgerStore store = Given.Open(directory))
        {
            await store.PutChannel(row);
            Given.Serve(store, Given.Order(row, 0));
            Assert.Equal((UInt128)100, await store.WriteOffAsync(Given.Id(row), 7));
            Assert.Equal(new LedgerLosses(0, 100, 1), store.Losses);
            await Assert.ThrowsAsync<LedgerException>(
                () => store.WriteOffAsync(Given.Hash(9), 7));
        }

        using LedgerStore again = Given.Open(directory);
        Assert.Equal(new LedgerLosses(0, 100, 1), again.Losses);
        await Given.AckAsync(again, row, 100, 1);
        Assert.Equal(new LedgerLosses(0, 0, 0), again.Losses);
        Assert.Equal(RefusalReason.None, Given.Reserve(again, Given.Order(row, 1)).Refusal);
        again.CheckInvariants();
    }
}
