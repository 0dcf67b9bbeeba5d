using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node;

/// <summary>
/// What the node stands to lose, and for how much work: for each token and court of the classes
/// that it serves, the bond, and the worth of all orders about which the court may still decide.
/// </summary>
/// <param name="Token">Of the bond and the amounts.</param>
/// <param name="Court">Who may slash.</param>
/// <param name="Exposed">Worth of orders whose deadline + 26 days is not over, 30 of those that
/// were promised; token base units, rounded up.</param>
/// <param name="Bond">As the chain has it; null where it was not read.</param>
public sealed record Stake(Address Token, Address Court, UInt256 Exposed, Bond? Bond)
{
    /// <summary>One for each token and court, in the order of the classes; classes without a court
    /// have none. Bonds are not read.</summary>
    /// <param name="classes">That are served.</param>
    /// <param name="exposed">Units of each class, by its id.</param>
    public static List<Stake> Of(
        IEnumerable<VoucherClass> classes, IReadOnlyDictionary<Bytes32, UInt128> exposed)
    {
        List<Stake> stakes = [];
        foreach (VoucherClass terms in classes)
        {
            if (terms.Court == Address.Zero)
            {
                continue;
            }

            UInt128 units = exposed.GetValueOrDefault(terms.HashStruct());
            UInt256 worth = ((UInt256)units * terms.UnitPrice + (UnitRates.UnitsPerPrice - 1UL))
                / UnitRates.UnitsPerPrice;
            int at = stakes.FindIndex(one =>
                one.Token == terms.Token && one.Court == terms.Court);
            if (at < 0)
            {
                stakes.Add(new Stake(terms.Token, terms.Court, worth, null));
            }
            else
            {
                stakes[at] = stakes[at] with { Exposed = stakes[at].Exposed + worth };
            }
        }

        return stakes;
    }

    /// <summary>With the bonds of a node, as the newest block has them.</summary>
    /// <exception cref="ChainException">The chain does not answer.</exception>
    public static async Task<List<Stake>> ReadAsync(IEnumerable<Stake> stakes,
        ProvidersContract providers, Address node, CancellationToken cancel)
    {
        List<Stake> read = [];
        foreach (Stake stake in stakes)
        {
            Bond bond = await providers
                .BondAsync(node, stake.Token, stake.Court, BlockTag.Latest, cancel)
                .ConfigureAwait(false);
            read.Add(stake with { Bond = bond });
        }

        return read;
    }
}

/// <summary>What the inputs that a node keeps amount to.</summary>
/// <param name="Kept">Bytes.</param>
/// <param name="Max">Bytes that it may keep; beyond them orders are refused.</param>
/// <param name="ADay">Bytes that the last day brought; null before the ledger was looked over.
/// </param>
public readonly record struct InputStore(long Kept, long Max, long? ADay)
{
    /// <summary>Days of inputs that the budget holds at that rate; null where nothing comes.
    /// </summary>
    public long? Days => ADay is > 0 and long rate ? Max / rate : null;

    /// <summary>Bytes of the spend key that has most; null before the ledger was looked over.
    /// </summary>
    public long? OfOneKey { get; init; }

    /// <summary>Bytes that it may have.</summary>
    public long OfOneKeyMax { get; init; }

    public static InputStore Of(LedgerStore ledger, ServicePolicy policy) => new(
        ledger.Figures.InputBytes, policy.NodeInputBytesMax, ledger.Standing?.InputBytesADay)
    {
        OfOneKey = ledger.Standing?.KeyInputBytes,
        OfOneKeyMax = policy.KeyInputBytesMax,
    };
}
