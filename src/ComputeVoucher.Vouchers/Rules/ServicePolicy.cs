using System;
using System.Collections.Generic;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>What the operator pinned and the bounds that the operator set. Immutable.</summary>
public sealed record ServicePolicy
{
    /// <summary>The address of this node's key.</summary>
    public Address Node { get; init; }

    /// <summary>
    /// Classes that are served, by id; their courts and tokens are pinned with them.
    /// </summary>
    public IReadOnlyDictionary<Bytes32, VoucherClass> Classes { get; init; } =
        new Dictionary<Bytes32, VoucherClass>();

    /// <summary>Model roots that are served.</summary>
    public IReadOnlySet<Bytes32> Models { get; init; } = new HashSet<Bytes32>();

    /// <summary>Longest input, bytes. 1 MiB: the longest frame of the wire.</summary>
    public int InputBytesMax { get; init; } = 1 << 20;

    /// <summary>
    /// Seconds between an order's deadline and the moment the node could lose its redemption (thaw,
    /// expiry). 1 day: an hour of outage and a day's batch fit.
    /// </summary>
    public ulong RedeemMarginSeconds { get; init; } = 86_400;

    /// <summary>
    /// Farthest deadline from now, seconds. 1 hour: bounds how long inputs are kept. Never counts
    /// beyond <see cref="CourtLimits.DeadlineAheadSecondsMax"/>.
    /// </summary>
    public ulong OrderHorizonSeconds { get; init; } = 3_600;

    /// <summary>
    /// Unacked units that a spend key without history may have. Must be worth less than the gas of
    /// opening a channel, or new channels are a way to free work.
    /// </summary>
    public UInt128 BudgetStartUnits { get; init; } = 10_000_000_000;

    /// <summary>
    /// Thousandths of a spend key's acked units that its budget grows by. 250: leaving with the
    /// whole budget costs a client four times what it gains.
    /// </summary>
    public uint BudgetGrowthPermille { get; init; } = 250;

    /// <summary>Most unacked units of one spend key, whatever its history.</summary>
    public UInt128 BudgetUnitsMax { get; init; } = 10_000_000_000_000;

    /// <summary>Most unacked units of the whole node: what a lost disk can cost.</summary>
    public UInt128 NodeUnackedUnitsMax { get; init; } = 100_000_000_000_000;

    /// <summary>
    /// Most bytes of inputs that the node keeps. 16 GiB: with inputs of 3 KiB, 1.4 orders a second
    /// for the 45 days of <see cref="CourtLimits.InputKeepSeconds"/>.
    /// </summary>
    public long NodeInputBytesMax { get; init; } = 16L << 30;

    /// <summary>
    /// Spend keys that have to fill their shares before others are refused. 16: a key costs
    /// nothing, a channel gas and locked units, so nobody fills the store by the way; one client
    /// with a sixteenth of it is a large one.
    /// </summary>
    public const int KeyInputShares = 16;

    /// <summary>Bytes of inputs that the node keeps for one spend key; room for one longest input
    /// at least.</summary>
    public long KeyInputBytesMax => Math.Min(
        NodeInputBytesMax, Math.Max(NodeInputBytesMax / KeyInputShares, InputBytesMax));

    /// <summary>Whether orders of a class may be disputed: of one that is not pinned any more,
    /// nobody knows.</summary>
    public bool MayHaveCourt(in Bytes32 classId) =>
        !Classes.TryGetValue(classId, out VoucherClass terms) || terms.Court != default;

    /// <summary>Unacked units that a spend key may have now.</summary>
    public UInt128 BudgetOf(UInt128 keyAckedUnits)
    {
        // Divide first: acked units of many channels may use the upper bits.
        UInt128 growth = keyAckedUnits / 1000 * BudgetGrowthPermille;
        return UInt128.Min(BudgetStartUnits + growth, BudgetUnitsMax);
    }

    /// <summary>Sets <see cref="Classes"/> from the structs, each under its hash.</summary>
    public ServicePolicy WithClasses(IEnumerable<VoucherClass> classes)
    {
        ArgumentNullException.ThrowIfNull(classes);
        Dictionary<Bytes32, VoucherClass> byId = [];
        foreach (VoucherClass item in classes)
        {
            byId[item.HashStruct()] = item;
        }

        return this with { Classes = byId };
    }
}
