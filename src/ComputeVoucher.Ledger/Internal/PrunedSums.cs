using System;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>
/// What pruned orders of a channel added up to; keeps the sums whole without their rows.
/// </summary>
internal readonly record struct PrunedSums(UInt128 Accepted, UInt128 Settled, UInt128 Released);
