using ComputeVoucher.Vouchers;

namespace ComputeVoucher.TestKit;

/// <summary>How an endpoint tells of the chain; honest unless told otherwise.</summary>
public sealed class SimulatedView
{
    /// <summary>Answers nothing.</summary>
    public bool IsAway { get; set; }

    /// <summary>Takes one call at a time.</summary>
    public bool RefusesBatches { get; set; }

    /// <summary>Every eth_getLogs is empty, as of a backend that lags.</summary>
    public bool HidesLogs { get; set; }

    /// <summary>aux() says that nobody thaws.</summary>
    public bool HidesThaws { get; set; }

    /// <summary>A channel that is nowhere on the chain, with its log.</summary>
    public ChannelTerms? Invented { get; set; }

    /// <summary>A channel that holds more than it does, with the log of a top-up.</summary>
    public ChannelTerms? Inflated { get; set; }

    /// <summary>The newest block that it knows.</summary>
    public ulong FrozenAt { get; set; } = ulong.MaxValue;

    /// <summary>Blocks that it invents above its head.</summary>
    public ulong Lead { get; set; }

    /// <summary>channel() says that everything is redeemed.</summary>
    public bool SaysRedeemed { get; set; }

    /// <summary>Unix seconds that aux() names as the thaw of every channel.</summary>
    public ulong? Thaws { get; set; }

    /// <summary>Takes transactions, and keeps them to itself.</summary>
    public bool KeepsTransactions { get; set; }

    /// <summary>What it says to every transaction, instead of taking it.</summary>
    public string? RefusesTransactions { get; set; }

    /// <summary>Knows of no transaction that was mined or waits.</summary>
    public bool HidesTransactions { get; set; }

    /// <summary>A simulated redemption moves nothing.</summary>
    public bool SaysIdle { get; set; }

    /// <summary>Every simulation and estimate reverts.</summary>
    public bool SaysReverted { get; set; }

    /// <summary>What every estimate is, whatever is asked.</summary>
    public ulong? Gas { get; set; }

    /// <summary>Wei per gas that it calls base fee, tip, and what blocks were paid.</summary>
    public ulong? Price { get; set; }

    /// <summary>Transactions that it counts of every account beside those that are there.</summary>
    public ulong NonceLead { get; set; }

    /// <summary>Honest again.</summary>
    public void Heal()
    {
        (IsAway, RefusesBatches, HidesLogs, HidesThaws) = (false, false, false, false);
        (Invented, FrozenAt, Lead, NonceLead) = (null, ulong.MaxValue, 0, 0);
        (Inflated, SaysRedeemed, SaysIdle, SaysReverted) = (null, false, false, false);
        (KeepsTransactions, HidesTransactions, RefusesTransactions) = (false, false, null);
        (Thaws, Gas, Price) = (null, null, null);
    }
}
