using System;

namespace ComputeVoucher.Vouchers.Tests;

public sealed class AckRulesTests
{
    private static readonly ChannelView s_channel =
        Sample.Channel with { AckedUnits = 100, NextSeq = 5, Locked = 1_000 };

    [Theory]
    [InlineData(200, 8, 100, false, RefusalReason.None)]
    [InlineData(250, 8, 100, false, RefusalReason.None)]
    [InlineData(199, 8, 100, false, RefusalReason.AckBelowOwed)]
    [InlineData(99, 8, 0, false, RefusalReason.AckNotMonotone)]
    [InlineData(200, 4, 0, false, RefusalReason.AckNotMonotone)]
    [InlineData(1001, 8, 100, false, RefusalReason.AckOverLocked)]
    [InlineData(1000, 8, 100, false, RefusalReason.None)]
    [InlineData(200, 8, 100, true, RefusalReason.AckUnfinished)]
    public void EachCase_HasItsAnswer(
        ulong units, ulong nextSeq, ulong owed, bool unfinished, RefusalReason expected)
    {
        Ack ack = new(s_channel.Id, units, nextSeq);
        Assert.Equal(expected, AckRules.Check(ack, s_channel, (UInt128)owed, unfinished));
    }

    [Fact]
    public void UnknownChannel_Refused() =>
        Assert.Equal(
            RefusalReason.ChannelUnknown,
            AckRules.Check(new Ack(default, 0, 0), default, 0, false));

    [Theory]
    [InlineData(100, 5, true)]
    [InlineData(99, 5, true)]
    [InlineData(100, 4, true)]
    [InlineData(101, 5, false)]
    [InlineData(100, 6, false)]
    [InlineData(101, 4, false)]
    public void Stale_IsNothingHigher(ulong units, ulong nextSeq, bool stale) =>
        Assert.Equal(stale, AckRules.IsStale(new Ack(default, units, nextSeq), s_channel));
}
