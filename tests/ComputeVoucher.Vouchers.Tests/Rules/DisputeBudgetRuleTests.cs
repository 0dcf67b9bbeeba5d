using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers.Tests.Rules;

public sealed class DisputeBudgetRuleTests
{
    private static readonly VoucherClass s_judged =
        Sample.Class with { Court = new Address(Sample.Fill(9).AsSpan(0, Address.Size)) };

    private static readonly ChannelTerms s_terms =
        Sample.Terms with { ClassId = s_judged.HashStruct() };

    private static readonly Order s_order = Sample.Order with { Channel = s_terms.HashStruct() };

    private static readonly ChannelView s_channel = Sample.Channel with
    {
        Id = s_terms.HashStruct(),
        Terms = s_terms,
        ChannelDisputeUnits = 100,
        NodeDisputeUnits = 1_000,
        DisputeBounds = new DisputeBounds(900 + s_order.MaxUnits, s_order.MaxUnits),
    };

    [Fact]
    public void AsMuchAsCanBeRunAgain_Passes() =>
        Assert.Equal(RefusalReason.None, Check(s_channel));

    [Fact]
    public void OneUnitMore_Refused() => Assert.Equal(
        RefusalReason.DisputesFull,
        Check(s_channel with { NodeDisputeUnits = s_channel.NodeDisputeUnits + 1 }));

    /// <summary>However many workers there are: one of them runs it.</summary>
    [Fact]
    public void LongerThanOneWorkerRunsInTime_Refused() => Assert.Equal(
        RefusalReason.DisputesFull,
        Check(s_channel with
        {
            DisputeBounds = new DisputeBounds(UInt128.MaxValue, s_order.MaxUnits - 1),
        }));

    /// <summary>One order of a channel waits for its first answer at a time.</summary>
    [Fact]
    public void ShorterThanTheChannelsLongest_AddsNothing() => Assert.Equal(
        RefusalReason.None,
        Check(s_channel with
        {
            ChannelDisputeUnits = 1_000,
            NodeDisputeUnits = 1_900,
            DisputeBounds = new DisputeBounds(1_900, s_order.MaxUnits),
        }));

    /// <summary>Strangers have a line of their own: both of them wait at once.</summary>
    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void OpenToStrangers_CountsTwice(ulong more, bool passes) => Assert.Equal(
        passes ? RefusalReason.None : RefusalReason.DisputesFull,
        Check(s_channel with
        {
            IsOpenToStrangers = true,
            ChannelDisputeUnits = 200,
            NodeDisputeUnits = 1_100 + more,
            DisputeBounds = new DisputeBounds(900 + 2 * s_order.MaxUnits, s_order.MaxUnits),
        }));

    [Fact]
    public void WithoutCourt_Passes() => Assert.Equal(
        RefusalReason.None,
        Sample.Check(Sample.Context(
            channel: Sample.Channel with { NodeDisputeUnits = UInt128.MaxValue / 2 })));

    private static RefusalReason Check(ChannelView channel) => Sample.Check(Sample.Context(
        s_order, channel, Sample.Policy.WithClasses([Sample.Class, s_judged])));
}
