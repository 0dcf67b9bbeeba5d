using System;

namespace ComputeVoucher.Chain;

/// <summary>What a node stands to lose in front of one court, in one token.</summary>
/// <param name="Amount">Token base units.</param>
/// <param name="ExitAt">Unix seconds from which it may leave; 0 while it stays.</param>
public readonly record struct Bond(UInt128 Amount, ulong ExitAt);
