using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger.Tests;

/// <summary>How long orders and inputs are kept, and how many bytes of them.</summary>
public sealed class KeepingTests
{
    private const ulong Deadline = 1_000;
    private const ulong Day = 86_400;

    /// <summary>Terms without a court, and the same with one.</summary>
    private static readonly VoucherClass s_free = new(
        new Address(Given.Hash(4).Span[..20]), 1, 2, 3, 4, 5, 6, Given.Hash(7), default);

    private static readonly VoucherClass s_judged = s_free with { Court = s_free.Token };

    [Fact]
    public async Task Inputs_BeyondTheirBudget_AreRefusedUntilSomeGo()
    {
        using TemporaryDirectory directory = new();
        ChannelRow row = Given.Channel();
        LedgerOptions options = Given.Options with
        {
            Policy = Given.Options.Policy with { NodeInputBytesMax = 10 },
        };
        using (LedgerStore store = LedgerStore.Open(directory.Path, options))
        {
            await store.PutChannel(row);
            Given.Serve(store, Given.Order(row, 0));
            Given.Serve(store, Given.Order(row, 1));
            Assert.Equal(6, store.Figures.InputBytes);
            Assert.Equal(RefusalReason.InputsFull,
                Given.Reserve(store, Given.Order(row, 2), new byte[5]).Refusal);
            Assert.Equal(RefusalReason.None,
                Given.Reserve(store, Given.Order(row, 2), new byte[4]).Refusal);
            Assert.Equal(10, store.Figures.InputBytes);
            Assert.True(Given.Reserve(store, Given.Order(row, 1)).IsReplay);
        }

        using LedgerStore again = LedgerStore.Open(directory.Path, options);
        Assert.Equal(10, again.Figures.InputBytes);
        await Given.AckAsync(again, row, 200, 2);
        Assert.Equal(2, await again.PruneAsync(Deadline + 2, 1));
        Assert.Equal(4, again.Figures.InputBytes);
        Assert.Equal(RefusalReason.None,
            Given.Reserve(again, Given.Order(row, 3), new byte[6]).Refusal);
    }

    /// <summary>An order that is given up and asked again has one input.</summary>
    [Fact]
    public async Task ReleasedOrder_AskedAgainAtTheBudget_IsTaken()
    {
        using TemporaryDirectory directory = new();
        using LedgerStore store = LedgerStore.Open(directory.Path, Given.Options with
        {
            Policy = Given.Options.Policy with { NodeInputBytesMax = 3 },
        });
        ChannelRow row = Given.Channel();
        await store.PutChannel(row);
        Order order = Given.Order(row, 0);
        Assert.Equal(RefusalReason.None, Given.Reserve(store, order).Refusal);
        Assert.Equal(RefusalReason.None, store.ReleaseOrder(order.HashStruct()));
        Assert.Equal(RefusalReason.None, Given.Reserve(store, order).Refusal);
        Assert.Equal(3, store.Figures.InputBytes);
    }

    /// <summary>One key's share is full, another's is not; a restart counts the same.</summary>
    [Fact]
    public async Task Inputs_OfOneKey_LeaveRoomForOthers()
    {
        using TemporaryDirectory directory = new();
        ChannelRow greedy = Given.Channel();
        ChannelRow second = greedy with { Terms = greedy.Terms with { Salt = Given.Hash(9) } };
        ChannelRow other = Given.Channel();
        other = other with
        {
            Terms = other.Terms with { SpendKey = new Address(Given.Hash(8).Span[..20]) },
        };
        LedgerOptions options = Given.Options with
        {
            Policy = Given.Options.Policy with { NodeInputBytesMax = 160, InputBytesMax = 1 },
        };
        Assert.Equal(10, options.Policy.KeyInputBytesMax);
        using (LedgerStore store = LedgerStore.Open(directory.Path, options))
        {
            await store.PutChannel(greedy);
            await store.PutChannel(second);
            await store.PutChannel(other);
            Assert.Equal(RefusalReason.None,
                Given.Reserve(store, Given.Order(greedy, 0), new byte[10]).Refusal);
            Assert.Equal(RefusalReason.KeyInputsFull,
                Given.Reserve(store, Given.Order(second, 0), new byte[1]).Refusal);
            Assert.Equal(RefusalReason.None,
                Given.Reserve(store, Given.Order(other, 0), new byte[10]).Refusal);
            Assert.Equal(10, (await store.LookAsync(0)).KeyInputBytes);
        }

        using LedgerStore again = LedgerStore.Open(directory.Path, options);
        Assert.Equal(RefusalReason.KeyInputsFull,
            Given.Reserve(again, Given.Order(greedy, 1), new byte[1]).Refusal);
        again.CheckInvariants();
    }

    /// <summary>Nobody can dispute what cost nothing, and after 45 days nobody disputes what is not
    /// paid: the order stays, its input goes. What is asked for again brings it back.</summary>
    [Fact]
    public async Task Inputs_ThatNobodyCanAskFor_GoWithoutTheirOrders()
    {
        using TemporaryDirectory directory = new();
        using LedgerStore store = Open(directory);
        ChannelRow row = Given.Channel();
        row = row with { Terms = row.Terms with { ClassId = s_judged.HashStruct() } };
        await store.PutChannel(row);
        Order cancelled = Given.Order(row, 0);
        Order released = Given.Order(row, 1);
        Order unpaid = Given.Order(row, 2);
        Given.Serve(store, cancelled, units: 0);
        Given.Reserve(store, released);
        store.ReleaseOrder(released.HashStruct());
        Given.Serve(store, unpaid);
        ulong keep = CourtLimits.InputKeepSeconds;
        Assert.Equal(0, await store.PruneAsync(Deadline - 1, keep));
        Assert.Equal(9, store.Figures.InputBytes);
        Assert.Equal(0, await store.PruneAsync(Deadline, keep));
        Assert.Equal(3, store.Figures.InputBytes);
        Assert.Equal(RefusalReason.None, Given.Reserve(store, released, [1]).Refusal);
        Assert.Equal(0, await store.PruneAsync(Deadline, keep));
        Assert.Equal(4, store.Figures.InputBytes);
        store.ReleaseOrder(released.HashStruct());
        await store.PinOrder(unpaid.HashStruct(), Given.Hash(1));
        Assert.Equal(0, await store.PruneAsync(Deadline + keep + 1, keep));
        Assert.Equal(3, store.Figures.InputBytes);
        await store.UnpinOrder(unpaid.HashStruct(), Given.Hash(1));
        Assert.Equal(0, await store.PruneAsync(Deadline + keep + 1, keep));
        Assert.Equal(0, store.Figures.InputBytes);
        Assert.NotNull(await store.OrderAsync(unpaid.HashStruct()));
        Assert.True(Given.Reserve(store, unpaid).IsReplay);
        store.CheckInvariants();
    }

    /// <summary>What the node promised can be demanded, though it gave the order up.</summary>
    [Fact]
    public async Task Input_OfAnAcceptedOrderThatWasGivenUp_Stays()
    {
        using TemporaryDirectory directory = new();
        using LedgerStore store = Open(directory);
        ChannelRow row = Given.Channel();
        await store.PutChannel(row);
        Order order = Given.Order(row, 0);
        Given.Reserve(store, order);
        await store.RecordAccept(
            new Accept(order.HashStruct(), Deadline), Given.Signature, out _);
        store.ReleaseOrder(order.HashStruct());
        Assert.Equal(0, await store.PruneAsync(Deadline, 45 * Day));
        Assert.Equal(3, store.Input(order.HashStruct()).Length);
        Assert.Equal(0, await store.PruneAsync(Deadline + 45 * Day + 1, 45 * Day));
        Assert.Empty(store.Input(order.HashStruct()));
    }

    /// <summary>Orders of one channel wait in turn, so only its longest counts; a look forgets what
    /// is decided, and a restart counts again.</summary>
    [Fact]
    public async Task DisputeUnits_AreTheLongestOrderOfEachChannel()
    {
        using TemporaryDirectory directory = new();
        ChannelRow first = Given.Channel();
        first = first with { Terms = first.Terms with { ClassId = s_judged.HashStruct() } };
        ChannelRow second = first with { Terms = first.Terms with { Salt = Given.Hash(9) } };
        ChannelRow free = Given.Channel();
        free = free with { Terms = free.Terms with { ClassId = s_free.HashStruct() } };
        using (LedgerStore store = Open(directory))
        {
            await Task.WhenAll(
                store.PutChannel(first), store.PutChannel(second), store.PutChannel(free));
            store.DisputeBounds = new DisputeBounds(150, 100);
            Assert.Equal(RefusalReason.None, Given.Reserve(store, Given.Order(first, 0)).Refusal);
            Assert.Equal(RefusalReason.None, Given.Reserve(store, Given.Order(first, 1)).Refusal);
            Assert.Equal((UInt128)100, store.DisputeUnits);
            Assert.Equal(
                RefusalReason.DisputesFull, Given.Reserve(store, Given.Order(second, 0)).Refusal);
            Assert.Equal(
                RefusalReason.None, Given.Reserve(store, Given.Order(second, 0, 50)).Refusal);
            Assert.Equal(RefusalReason.None, Given.Reserve(store, Given.Order(free, 0)).Refusal);
            Assert.Equal((UInt128)150, store.DisputeUnits);
        }

        using LedgerStore again = Open(directory);
        Assert.Equal((UInt128)150, again.DisputeUnits);
        await again.LookAsync(Deadline + 26 * Day - 1);
        Assert.Equal((UInt128)150, again.DisputeUnits);
        await again.LookAsync(Deadline + 26 * Day);
        Assert.Equal((UInt128)0, again.DisputeUnits);
    }

    /// <summary>Where strangers may dispute, two orders of the channel can wait at a time.
    /// </summary>
    [Fact]
    public async Task DisputeUnits_OfAChannelThatIsOpenToStrangers_CountTwice()
    {
        using TemporaryDirectory directory = new();
        using LedgerStore store = Open(directory);
        ChannelRow row = Given.Channel();
        row = row with { Terms = row.Terms with { ClassId = s_judged.HashStruct() } };
        await store.PutChannel(row);
        Given.Reserve(store, Given.Order(row, 0, 30));
        Bytes32 channel = row.Terms.HashStruct();
        store.OpenToStrangers(channel, isOpen: true);
        store.OpenToStrangers(channel, isOpen: true);
        store.OpenToStrangers(Given.Hash(1), isOpen: true);
        Assert.Equal((UInt128)60, store.DisputeUnits);
        Given.Reserve(store, Given.Order(row, 1, 50));
        Assert.Equal((UInt128)100, store.DisputeUnits);
        store.DisputeBounds = new DisputeBounds(119, 100);
        Assert.Equal(RefusalReason.DisputesFull,
            Given.Reserve(store, Given.Order(row, 2, 60)).Refusal);
        await store.LookAsync(Deadline);
        Assert.Equal((UInt128)100, store.DisputeUnits);
        store.OpenToStrangers(channel, isOpen: false);
        Assert.Equal((UInt128)50, store.DisputeUnits);
        Assert.Equal(
            RefusalReason.None, Given.Reserve(store, Given.Order(row, 2, 60)).Refusal);
    }

    /// <summary>What was promised can be demanded, and the answer disputed: 30 days.</summary>
    [Fact]
    public async Task ExposedUnits_OfAPromise_StayForThirtyDays()
    {
        using TemporaryDirectory directory = new();
        using LedgerStore store = Open(directory);
        ChannelRow row = Given.Channel();
        row = row with { Terms = row.Terms with { ClassId = s_judged.HashStruct() } };
        await store.PutChannel(row);
        Order promised = Given.Order(row, 0);
        Given.Reserve(store, promised);
        Given.Reserve(store, Given.Order(row, 1, 30));
        await store.RecordAccept(
            new Accept(promised.HashStruct(), Deadline), Given.Signature, out _);
        UInt128 Exposed() => store.ExposedUnits.GetValueOrDefault(s_judged.HashStruct());
        await store.LookAsync(Deadline + 26 * Day - 1);
        Assert.Equal((UInt128)130, Exposed());
        await store.LookAsync(Deadline + 26 * Day);
        Assert.Equal((UInt128)100, Exposed());
        Assert.Equal((UInt128)100, store.DisputeUnits);
        await store.LookAsync(Deadline + 30 * Day - 1);
        Assert.Equal((UInt128)100, Exposed());
        await store.LookAsync(Deadline + 30 * Day);
        Assert.Equal((UInt128)0, Exposed());
        Assert.Equal((UInt128)0, store.DisputeUnits);
    }

    [Fact]
    public async Task PinnedOrder_StaysUntilItsLastDisputeEnds()
    {
        using TemporaryDirectory directory = new();
        ChannelRow row = Given.Channel();
        Bytes32 order = Given.Order(row, 0).HashStruct();
        using (LedgerStore store = Given.Open(directory))
        {
            await store.PutChannel(row);
            Given.Serve(store, Given.Order(row, 0));
            await Given.AckAsync(store, row, 100, 1);
            await store.PinOrder(order, Given.Hash(1));
            await store.PinOrder(order, Given.Hash(2));
            await store.PinOrder(order, Given.Hash(2));
            await store.UnpinOrder(order, Given.Hash(1));
            Assert.Equal(0, await store.PruneAsync(100 * Day, 1));
        }

        using LedgerStore again = Given.Open(directory);
        Assert.Equal(0, await again.PruneAsync(100 * Day, 1));
        Assert.Equal(3, again.Input(order).Length);
        await again.UnpinOrder(order, Given.Hash(2));
        await again.UnpinOrder(order, Given.Hash(2));
        Assert.Equal(1, await again.PruneAsync(100 * Day, 1));
        Assert.Empty(again.Input(order));
        Assert.Equal(0, again.Figures.InputBytes);
    }

    /// <summary>Nobody can ask for the input of an order without a court once it is redeemed.
    /// </summary>
    [Fact]
    public async Task WithoutCourt_RedeemedOrdersGoBehindTheirDeadline()
    {
        using TemporaryDirectory directory = new();
        using LedgerStore store = Open(directory);
        ChannelRow row = await ServeThreeAsync(store, s_free);
        await Given.AckAsync(store, row, 200, 2);
        await store.PutChannel(row with { Redeemed = 99 });
        Assert.Equal(0, await store.PruneAsync(Deadline, 45 * Day));
        await store.PutChannel(row with { Redeemed = 100 });
        Assert.Equal(0, await store.PruneAsync(Deadline - 1, 45 * Day));
        Assert.Equal(1, await store.PruneAsync(Deadline, 45 * Day));
        Assert.Null(await store.OrderAsync(Given.Order(row, 0).HashStruct()));
        await store.PutChannel(row with { Redeemed = 300 });
        Assert.Equal(1, await store.PruneAsync(Deadline, 45 * Day));
        Assert.NotNull(await store.OrderAsync(Given.Order(row, 2).HashStruct()));
        Assert.Equal(RefusalReason.SequencePassed,
            Given.Reserve(store, Given.Order(row, 0)).Refusal);
        store.CheckInvariants();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WithCourtOrUnknownClass_RedeemedOrdersStay45Days(bool isPinned)
    {
        using TemporaryDirectory directory = new();
        using LedgerStore store = Open(directory);
        ChannelRow row = await ServeThreeAsync(
            store, isPinned ? s_judged : s_judged with { Thaw = 99 });
        store.RecordReceipt(Given.Receipt(Given.Order(row, 2)), Given.Signature);
        await Given.AckAsync(store, row, 300, 3);
        await store.PutChannel(row with { Redeemed = 300 });
        ulong keep = CourtLimits.InputKeepSeconds;
        Assert.Equal(45 * Day, keep);
        Assert.Equal(0, await store.PruneAsync(Deadline + keep, keep));
        Assert.Equal(3, await store.PruneAsync(Deadline + keep + 1, keep));
    }

    [Fact]
    public async Task Standing_CountsExposureFor26DaysAndInputsForOne()
    {
        using TemporaryDirectory directory = new();
        using LedgerStore store = Open(directory);
        ChannelRow row = await ServeThreeAsync(store, s_judged);
        Assert.Equal(RefusalReason.None,
            store.RecordReceipt(Given.Receipt(Given.Order(row, 2), units: 40), Given.Signature));
        await Given.AckAsync(store, row, 200, 2);
        Bytes32 id = s_judged.HashStruct();

        LedgerStanding before = await store.LookAsync(Deadline - 1);
        Assert.Equal((0L, (UInt128)240), (before.InputBytesADay, before.ExposedUnits[id]));
        Assert.Equal(9, (await store.LookAsync(Deadline)).InputBytesADay);
        Assert.Equal(9, (await store.LookAsync(Deadline + Day - 1)).InputBytesADay);
        Assert.Equal(0, (await store.LookAsync(Deadline + Day)).InputBytesADay);
        LedgerStanding last = await store.LookAsync(Deadline + 26 * Day - 1);
        Assert.Equal((UInt128)240, last.ExposedUnits[id]);
        Assert.Empty((await store.LookAsync(Deadline + 26 * Day)).ExposedUnits);
        Assert.NotNull(store.Standing);
    }

    private static LedgerStore Open(TemporaryDirectory directory) => LedgerStore.Open(
        directory.Path, Given.Options with
        {
            Policy = Given.Options.Policy.WithClasses([s_free, s_judged]),
        });

    /// <summary>Of 100 units each; the last has no receipt.</summary>
    private static async Task<ChannelRow> ServeThreeAsync(LedgerStore store, VoucherClass terms)
    {
        ChannelRow row = Given.Channel();
        row = row with { Terms = row.Terms with { ClassId = terms.HashStruct() } };
        await store.PutChannel(row);
        Given.Serve(store, Given.Order(row, 0));
        Given.Serve(store, Given.Order(row, 1));
        Assert.Equal(RefusalReason.None, Given.Reserve(store, Given.Order(row, 2)).Refusal);
        return row;
    }
}
