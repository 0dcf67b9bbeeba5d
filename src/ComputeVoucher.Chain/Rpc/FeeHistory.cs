using System;

namespace ComputeVoucher.Chain;

/// <summary>Fees of recent blocks, oldest first.</summary>
/// <param name="BaseFees">Wei per gas; one more than blocks, the last for the next block.</param>
/// <param name="Rewards">Per block the priority fee at each percentile asked for.</param>
public sealed record FeeHistory(ulong OldestBlock, UInt128[] BaseFees, UInt128[][] Rewards);
