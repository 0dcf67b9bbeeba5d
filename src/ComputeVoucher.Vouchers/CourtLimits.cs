using System;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// The clocks of a court, all from an order's deadline, as node and client keep them. Receipts have
/// no time, so the deadline is the only one that a court can count from; what is decided is decided
/// before the bond can leave and before the node may forget.
/// </summary>
/// <remarks>Disputes open until 14 d and last 12 d at most, so nothing is decided after 26 d;
/// 26 d &lt; 30 d (bond) &lt; 45 d (inputs). What answers a demand may be decided until 30 d: asked
/// by 6 d, answered within 9 d with the input shown, disputed within 3 d.</remarks>
public static class CourtLimits
{
    /// <summary>Farthest deadline from now, seconds, for node and client. 3 days: with the 30 days
    /// of <see cref="BondSeconds"/> it makes the 33 days after which a bond may leave
    /// (Providers.EXIT_DELAY), so that no order outlives a bond that stood when it was signed.
    /// </summary>
    public const ulong DeadlineAheadSecondsMax = 3 * DaySeconds;

    /// <summary>An order that was served and not acknowledged may be claimed so long after its
    /// deadline, seconds (Clocks.CLAIM).</summary>
    public const ulong ClaimSeconds = 3 * DaySeconds;

    /// <summary>Least window of a class that a court judges, seconds: below two days nobody finds
    /// anything (Files.sol).</summary>
    public const uint WindowSecondsMin = 2 * (uint)DaySeconds;

    /// <summary>The parts of a reporter's share are paid so long after the last verdict that raised
    /// a weight among them, seconds: the shortest escrow (Rewards.SHARE_WAIT).</summary>
    public const ulong ShareSeconds = DeadlineAheadSecondsMax + WindowSecondsMin;

    /// <summary>Disputes open so long after the deadline, seconds (Clocks.OPEN); evidence is kept as
    /// long.</summary>
    public const ulong OpenSeconds = 14 * DaySeconds;

    /// <summary>A result may be demanded so long after the deadline, seconds (Clocks.ASK).</summary>
    public const ulong AskSeconds = 6 * DaySeconds;

    /// <summary>After a claim, which can come 3 days after the deadline, disputes open so long,
    /// seconds; whichever of the two ends later counts.</summary>
    public const ulong OpenAfterClaimSeconds = 11 * DaySeconds;

    /// <summary>A dispute lasts at most so long, seconds: two sides of 3.5 days, and 6 hours at
    /// least for each of 20 turns.</summary>
    private const ulong DisputeSecondsMax = 12 * DaySeconds;

    /// <summary>After this nothing is decided about an order, seconds from its deadline: until then
    /// the node's bond answers for it.</summary>
    public const ulong DecidedSeconds = OpenSeconds + DisputeSecondsMax;

    /// <summary>A bond that leaves has to stay so long after a deadline, seconds: the last decision
    /// and 4 days for its transaction.</summary>
    public const ulong BondSeconds = 30 * DaySeconds;

    /// <summary>A node keeps input, receipt and cancel of an order so long after its deadline,
    /// seconds, where its class has a court: the last decision, a redemption's longest window, and
    /// two weeks in hand for clocks and outages.</summary>
    public const ulong InputKeepSeconds = 45 * DaySeconds;

    /// <summary>A node's answers in one dispute may take so long, seconds (Clocks.BUDGET, 3.5 days)
    /// less half a day for transactions: what it admits, it can run again within it.</summary>
    public const ulong ReExecutionSeconds = 3 * DaySeconds;

    /// <summary>No order takes longer to run again, seconds: half a day. Whatever is begun last of
    /// <see cref="ReExecutionSeconds"/> of work ends within the 3.5 days.</summary>
    public const ulong LongestSeconds = DaySeconds / 2;

    /// <summary>Longest input of a graph that an opener can be asked to show, bytes
    /// (Contradictions.sol): what a transaction carries.</summary>
    /// <remarks>Longer inputs are served all the same: a node that keeps them never asks, and a
    /// cheater may not ask for what nobody can show. Who loses one loses the dispute, so it belongs
    /// into a backup.</remarks>
    public const int InputShowBytesMax = 98_304;

    private const ulong DaySeconds = 86_400;

    /// <summary>Whether a bond still stands when the last word about an order is spoken.</summary>
    /// <param name="exitAt">Unix seconds from which it may leave; 0 while it stays.</param>
    /// <param name="deadline">Of the order, Unix seconds.</param>
    public static bool IsBonded(ulong exitAt, ulong deadline) =>
        exitAt == 0 || (UInt128)deadline + BondSeconds <= exitAt;

    /// <summary>Whether the node's bond still answers for an order.</summary>
    /// <param name="deadline">Of the order, Unix seconds.</param>
    /// <param name="now">Unix seconds.</param>
    public static bool IsExposed(ulong deadline, ulong now) =>
        (UInt128)deadline + DecidedSeconds > now;
}
