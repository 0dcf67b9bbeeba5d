using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Fraud;

/// <summary>Accounts of a case, token base units.</summary>
/// <param name="Bond">Of the node, in front of the court.</param>
/// <param name="Holder">What has come back to the holder, of this case and those before.</param>
/// <param name="Watcher">What the watcher has been paid, of this case and those before.</param>
/// <param name="Burned">Of all bonds, for ever.</param>
/// <param name="Court">What shares left over, as good as burned.</param>
/// <param name="Fees">Wei that the provider has earned by answers.</param>
internal readonly record struct FraudMoney(
    UInt256 Bond, UInt256 Holder, UInt256 Watcher, UInt256 Burned, UInt256 Court, UInt256 Fees);

/// <summary>One transaction of a case.</summary>
/// <param name="At">Seconds from the start of the case, by the chain's clock.</param>
/// <param name="Who">The side that sent it.</param>
/// <param name="What">A word for the call.</param>
/// <param name="Gas">Used by the whole transaction.</param>
internal readonly record struct FraudMove(ulong At, string Who, string What, ulong Gas);

/// <summary>What one node did, and what became of it.</summary>
internal sealed class FraudCase(string name)
{
    public string Name { get; } = name;

    /// <summary>How its dispute ended.</summary>
    public string Verdict { get; set; } = "none";

    public FraudMoney Before { get; set; }

    public FraudMoney After { get; set; }

    public List<FraudMove> Moves { get; } = [];

    /// <summary>Figures that were compared.</summary>
    public int Checks { get; private set; }

    /// <summary>Those that are not what they have to be, one line each.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>Gas of all moves of one side.</summary>
    public ulong GasOf(string who) =>
        Moves.Where(m => m.Who == who).Aggregate(0UL, (sum, move) => sum + move.Gas);

    /// <summary>Compares a figure.</summary>
    public void Check<T>(string what, T wanted, T found)
    {
        Checks++;
        if (!EqualityComparer<T>.Default.Equals(wanted, found))
        {
            Faults.Add($"{Name}: {what} is {found} where {wanted} is wanted");
        }
    }
}
