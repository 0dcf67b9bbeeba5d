using System;

namespace ComputeVoucher.Vouchers;

/// <summary>Whether an ack may replace the newest one of its channel.</summary>
public static class AckRules
{
    /// <summary>
    /// Highest wins. None: it does. <see cref="RefusalReason.AckNotMonotone"/> and others: refused.
    /// A stale ack (see <see cref="IsStale"/>) is no refusal and no change; ask that first.
    /// </summary>
    /// <param name="ack">The ack, its signature checked.</param>
    /// <param name="channel">The channel, without regard to a sequence.</param>
    /// <param name="owedUnits">
    /// Units of the finished orders in [channel.NextSeq, ack.NextSeq), each at most its maxUnits.
    /// </param>
    /// <param name="unfinished">An order in that range has no receipt yet.</param>
    public static RefusalReason Check(
        in Ack ack,
        in ChannelView channel,
        UInt128 owedUnits,
        bool unfinished)
    {
        if (channel.Status == ChannelStatus.Unknown)
        {
            return RefusalReason.ChannelUnknown;
        }

        if (ack.CumUnits < channel.AckedUnits || ack.NextSeq < channel.NextSeq)
        {
            return RefusalReason.AckNotMonotone;
        }

        if (ack.CumUnits > channel.Locked)
        {
            return RefusalReason.AckOverLocked;
        }

        if (unfinished)
        {
            return RefusalReason.AckUnfinished;
        }

        return ack.CumUnits - channel.AckedUnits >= owedUnits
            ? RefusalReason.None
            : RefusalReason.AckBelowOwed;
    }

    /// <summary>Nothing in it is higher than what is stored: a replay, a no-op.</summary>
    public static bool IsStale(in Ack ack, in ChannelView channel) =>
        ack.CumUnits <= channel.AckedUnits && ack.NextSeq <= channel.NextSeq;
}
