using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>What eth_call and eth_estimateGas simulate.</summary>
/// <param name="To">Null creates a contract.</param>
/// <param name="Gas">0 leaves the limit to the node.</param>
public sealed record CallRequest(
    Address From,
    Address? To,
    byte[] Data,
    UInt128 Value = default,
    ulong Gas = 0);
