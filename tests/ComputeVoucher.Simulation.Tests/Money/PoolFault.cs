using ComputeVoucher.Chain;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Simulation.Tests;

/// <summary>What one endpoint of a pool does wrong.</summary>
internal enum PoolFault
{
    /// <summary>Nothing answers.</summary>
    Away,

    /// <summary>Its newest block is some blocks old, and moves on.</summary>
    Lags,

    /// <summary>Its newest block stands still.</summary>
    Freezes,

    /// <summary>As above, and what it is sent never leaves it.</summary>
    FreezesMute,
    HidesLogs,
    HidesThaws,

    /// <summary>Logs, thaws, transactions: nothing happens on its chain.</summary>
    HidesAll,
    InventsChannel,
    InventsTopUp,
    InventsThaws,
    InventsBlocks,
    InventsEndlessBlocks,
    SaysRedeemed,
    SaysClosed,
    SaysIdle,
    SaysReverted,
    SaysLittleGas,
    SaysMuchGas,
    SaysCheap,
    SaysDear,
    CountsTooManyNonces,
    KeepsTransactions,
    RefusesAsUnderpriced,
    RefusesAsSpent,
    RefusesWithoutReason,
    HidesTransactions,
}

/// <summary>How a fault shows.</summary>
internal static class PoolFaults
{
    private const ulong Gwei = 1_000_000_000;

    /// <summary>What is never believed without a second word, also while nobody else is there to
    /// say it.</summary>
    public static bool IsOfCredit(this PoolFault fault) => fault
        is PoolFault.InventsChannel or PoolFault.InventsTopUp
        or PoolFault.SaysRedeemed or PoolFault.SaysClosed;

    /// <param name="fault">Instead of whatever it did before.</param>
    /// <param name="view">The endpoint.</param>
    /// <param name="head">Of the honest chain when the fault began.</param>
    /// <param name="now">Of the honest chain.</param>
    /// <param name="of">A channel of the chain.</param>
    public static void Apply(
        this PoolFault fault, SimulatedView view, ulong head, ulong now, ChannelTerms of)
    {
        view.Heal();
        view.IsAway = fault == PoolFault.Away;
        view.FrozenAt = fault switch
        {
            PoolFault.Lags => now - 7,
            PoolFault.Freezes or PoolFault.FreezesMute => head,
            _ => ulong.MaxValue,
        };
        view.HidesLogs = fault is PoolFault.HidesLogs or PoolFault.HidesAll;
        view.HidesThaws = fault is PoolFault.HidesThaws or PoolFault.HidesAll;
        view.HidesTransactions = fault is PoolFault.HidesTransactions or PoolFault.HidesAll;
        view.KeepsTransactions = fault
            is PoolFault.KeepsTransactions or PoolFault.FreezesMute or PoolFault.HidesAll;
        view.Invented = fault == PoolFault.InventsChannel ? of with { Salt = default } : null;
        view.Inflated = fault == PoolFault.InventsTopUp ? of : null;
        view.Thaws = fault switch
        {
            PoolFault.InventsThaws => 2_000_000_000,
            PoolFault.SaysClosed => ChannelAmounts.ClosedThawAt,
            _ => null,
        };
        view.Lead = fault switch
        {
            PoolFault.InventsBlocks => 100,
            PoolFault.InventsEndlessBlocks => 1UL << 40,
            _ => 0,
        };
        view.SaysRedeemed = fault == PoolFault.SaysRedeemed;
        view.SaysIdle = fault == PoolFault.SaysIdle;
        view.SaysReverted = fault == PoolFault.SaysReverted;
        view.Gas = fault switch
        {
            PoolFault.SaysLittleGas => 1,
            PoolFault.SaysMuchGas => 29_000_000,
            _ => null,
        };
        view.Price = fault switch
        {
            PoolFault.SaysCheap => 1,
            PoolFault.SaysDear => 5_000 * Gwei,
            _ => null,
        };
        view.NonceLead = fault == PoolFault.CountsTooManyNonces ? 3UL : 0;
        view.RefusesTransactions = fault switch
        {
            PoolFault.RefusesAsUnderpriced => "replacement transaction underpriced",
            PoolFault.RefusesAsSpent => "nonce too low",
            PoolFault.RefusesWithoutReason => "not today",
            _ => null,
        };
    }
}
