using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node.Tests;

/// <summary>For how much work a bond answers, and what the inputs for it take.</summary>
[Trait("Category", "load")]
public sealed class StakeTests
{
    private static readonly Address s_token = Of(1);
    private static readonly Address s_court = Of(2);

    private static readonly VoucherClass s_class =
        new(s_token, 2_000_000, 2, 3, 4, 5, 6, Keccak256.Hash("table"u8), s_court);

    [Fact]
    public void Stakes_SumTheClassesOfATokenAndCourt_AndRoundUp()
    {
        VoucherClass later = s_class with { Expiry = 9, UnitPrice = 1 };
        VoucherClass elsewhere = s_class with { Court = Of(3) };
        VoucherClass free = s_class with { Court = default };
        Dictionary<Bytes32, UInt128> exposed = new()
        {
            [s_class.HashStruct()] = 1_000_000_000,
            [later.HashStruct()] = 1,
            [free.HashStruct()] = 1_000_000_000,
            [Keccak256.Hash("not served"u8)] = 5,
        };
        List<Stake> stakes = Stake.Of([s_class, free, later, elsewhere], exposed);
        Assert.Equal(
            [
                new Stake(s_token, s_court, 2_000_001UL, null),
                new Stake(s_token, Of(3), UInt256.Zero, null),
            ],
            stakes);
    }

    /// <summary>The greatest of everything does not leave the numbers.</summary>
    [Fact]
    public void Stakes_OfTheGreatestNumbers_AreExact()
    {
        VoucherClass dear = s_class with { UnitPrice = UInt128.MaxValue };
        Stake stake = Assert.Single(Stake.Of([dear], new Dictionary<Bytes32, UInt128>
        {
            [dear.HashStruct()] = 1_000_000_000,
        }));
        Assert.Equal((UInt256)UInt128.MaxValue, stake.Exposed);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData(0L, null)]
    [InlineData(30L, 33L)]
    public void Inputs_LastSoManyDaysAtTodaysRate(long? aDay, long? days) =>
        Assert.Equal(days, new InputStore(10, 1_000, aDay).Days);

    /// <summary>The refusal says how much is kept, and of how much.</summary>
    [Fact]
    public async Task OrderBeyondTheInputBudget_IsRefusedWithTheFigure()
    {
        using ServingRig rig = new(inputStoreMax: 1);
        await rig.SendAsync(rig.NewOrder());
        FakeExchange refused = rig.StreamOf(rig.NewOrder(1));
        await rig.Pipeline.OnOrderAsync(refused);
        Assert.Equal(((ushort)RefusalReason.InputsFull, true), refused.Error);
        Assert.EndsWith("(it keeps 1 of 1)", refused.ErrorText, StringComparison.Ordinal);
        Assert.Equal(1, rig.Ledger.Figures.InputBytes);
    }

    /// <summary>A machine that ran 1,000 units in 2 s, with 3 workers: 3 days of it, a quarter
    /// because a trace is kept beside.</summary>
    [Fact]
    public void Pace_OfTheSlowestModel_BoundsWhatIsTakenOn()
    {
        Pace pace = new(3);
        Assert.Null(pace.Bounds);
        FakeModel slow = new();
        pace.Note(slow, 1, TimeSpan.FromMicroseconds(999));
        Assert.Null(pace.Bounds);
        pace.Note(slow, 1_000, TimeSpan.FromSeconds(2));
        Assert.Equal(new DisputeBounds(500 * 3 * 86_400 * 3 / 4, 500 * 43_200 / 4), pace.Bounds);
        pace.Note(slow, 3_000, TimeSpan.FromSeconds(2));
        Assert.Equal(
            new DisputeBounds(1_000 * 3 * 86_400 * 3 / 4, 1_000 * 43_200 / 4), pace.Bounds);
    }

    /// <summary>A process that starts again bounds what it takes by what the one before it knew; a
    /// model that is not served any more bounds nothing, and what is damaged nothing either.
    /// </summary>
    [Fact]
    public void Pace_OutlivesTheProcess()
    {
        Pace first = new(3);
        FakeModel model = new();
        Assert.Null(first.News());
        first.Note(model, 1_000, TimeSpan.FromSeconds(2));
        byte[] kept = first.News()!;
        Assert.Null(first.News());
        Pace again = new(3, kept, root => root == model.ModelRoot);
        Assert.Equal(first.Bounds, again.Bounds);
        Assert.NotNull(again.Bounds);
        Assert.Null(again.News());
        // An eighth slower or faster is no news.
        again.Note(model, 1_000, TimeSpan.FromSeconds(2.2));
        Assert.Null(again.News());
        again.Note(model, 1_000, TimeSpan.FromSeconds(20));
        Assert.NotNull(again.News());
        Assert.Null(new Pace(3, kept, _ => false).Bounds);
        Assert.Null(new Pace(3, kept[..^1]).Bounds);
        byte[] damaged = [.. kept];
        damaged.AsSpan(Bytes32.Size).Fill(255);
        Assert.Null(new Pace(3, damaged).Bounds);
    }

    /// <summary>The node takes on no more than that before its first run.</summary>
    [Fact]
    public async Task Pace_OfAnEarlierProcess_BoundsTheFirstOrder()
    {
        byte[] kept;
        using (ServingRig rig = new(hasCourt: true))
        {
            RunResult slow = new()
            {
                Output = [], Steps = 1, Units = 12, InputRoot = default, OutputRoot = default,
            };
            rig.Serving.NoteRun(rig.Model, slow, TimeSpan.FromDays(1));
            await rig.Ledger.FlushAsync();
            kept = rig.Ledger.Setting(Pace.Setting)!;
        }

        using ServingRig again = new(hasCourt: true, pace: new Pace(1, kept));
        again.Serving.Bound();
        FakeExchange refused = again.StreamOf(again.NewOrder());
        await again.Pipeline.OnOrderAsync(refused);
        Assert.Equal(((ushort)RefusalReason.DisputesFull, true), refused.Error);
    }

    /// <summary>The figures of the refusal are those that the rule looked at.</summary>
    [Fact]
    public async Task OrderBeyondWhatCanBeDisputed_IsRefusedWithTheFigures()
    {
        using ServingRig rig = new(hasCourt: true);
        rig.Ledger.DisputeBounds = new DisputeBounds(1, 2);
        FakeExchange refused = rig.StreamOf(rig.NewOrder());
        await rig.Pipeline.OnOrderAsync(refused);
        Assert.Equal(((ushort)RefusalReason.DisputesFull, true), refused.Error);
        Assert.EndsWith(
            "(0 of 1 units, 2 of one order)", refused.ErrorText, StringComparison.Ordinal);
        rig.Ledger.DisputeBounds = DisputeBounds.None;
        await rig.RunNextAsync(await rig.SendAsync(rig.NewOrder()));
    }

    private static Address Of(byte value) => new([.. Enumerable.Repeat(value, Address.Size)]);
}
