using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>What the operator lets transactions cost. A cap that is null is none; one of 0 forbids.
/// </summary>
public sealed record FeeLimits
{
    /// <summary>Wei per gas, tip included, of an ordinary transaction: above what mainnet asked on
    /// nearly all days since 2022, so that it only waits out a storm.</summary>
    public UInt128? GasPriceMax { get; init; } = 100_000_000_000;

    /// <summary>Wei of one ordinary transaction: a batch of 256 rows (3.4 million gas) at 14 gwei.
    /// </summary>
    public UInt128? TransactionMax { get; init; } = 50_000_000_000_000_000;

    /// <summary>Wei of all ordinary transactions of 24 hours: two of the dearest.</summary>
    public UInt128? DayMax { get; init; } = 100_000_000_000_000_000;

    /// <summary>Wei of one urgent transaction, whatever is at risk: ten of the dearest ordinary
    /// ones. Reaching it is an alert, for money may be lost behind it.</summary>
    public UInt128? UrgentMax { get; init; } = 500_000_000_000_000_000;

    /// <summary>Wei per gas for the block's author; null asks the chain.</summary>
    public UInt128? Tip { get; init; }

    /// <summary>The predeploy that says what a rollup charges for data; null where there is none.
    /// </summary>
    public Address? DataFeeOracle { get; init; }
}
