using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>A redemption of a class with a court, until nobody can dispute it any more.</summary>
/// <param name="Amount">Token base units left in escrow; 0 once released.</param>
/// <param name="MaturesAt">Unix seconds.</param>
public sealed record EscrowBatch(
    UInt128 Amount, ulong MaturesAt, Address Provider, Address Token, Bytes32 RowsHash);
