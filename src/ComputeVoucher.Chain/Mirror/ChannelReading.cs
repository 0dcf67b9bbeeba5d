using System;

namespace ComputeVoucher.Chain;

/// <summary>One channel, as all endpoints that answered have it. What two of them agree on is the
/// second of their answers by size, so that of three one may lie.</summary>
/// <param name="LockedMax">Most units locked: less is lost only where all say so.</param>
/// <param name="Locked">Units locked that two agree on.</param>
/// <param name="RedeemedMax">Most units redeemed.</param>
/// <param name="Redeemed">Units redeemed that two agree on: what is redeemed is not redeemed
/// again, so one alone is not believed.</param>
/// <param name="ThawAt">Earliest thaw that any of them shows; 0 where none does.</param>
/// <param name="ClosedSaid">How many say that it ended.</param>
/// <param name="IsContested">They differ.</param>
/// <param name="Answers">How many answered; of one alone everything is believed here.</param>
internal readonly record struct ChannelReading(
    UInt128 LockedMax,
    UInt128 Locked,
    UInt128 RedeemedMax,
    UInt128 Redeemed,
    ulong ThawAt,
    int ClosedSaid,
    bool IsContested,
    int Answers)
{
    public bool IsClosed => ClosedSaid >= Math.Min(2, Answers);

    public static ChannelReading Of(in ChannelAmounts said) => new(
        said.Locked, said.Locked, said.Redeemed, said.Redeemed,
        said.IsClosed ? 0 : said.ThawAt, said.IsClosed ? 1 : 0, false, 1);

    public ChannelReading And(in ChannelAmounts said)
    {
        ChannelReading other = Of(said);
        ulong thawAt = ThawAt == 0 || other.ThawAt == 0
            ? Math.Max(ThawAt, other.ThawAt)
            : Math.Min(ThawAt, other.ThawAt);
        bool isSame = LockedMax == said.Locked && RedeemedMax == said.Redeemed
            && ThawAt == other.ThawAt && ClosedSaid == Answers * other.ClosedSaid;
        return new ChannelReading(
            UInt128.Max(LockedMax, said.Locked),
            Second(LockedMax, Locked, said.Locked),
            UInt128.Max(RedeemedMax, said.Redeemed),
            Second(RedeemedMax, Redeemed, said.Redeemed),
            thawAt,
            ClosedSaid + other.ClosedSaid,
            IsContested || !isSame,
            Answers + 1);
    }

    private UInt128 Second(UInt128 first, UInt128 second, UInt128 next) =>
        Answers == 1 ? UInt128.Min(first, next)
        : next >= first ? first
        : UInt128.Max(second, next);
}
