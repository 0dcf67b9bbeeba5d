using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>The fields of a block that decide finality, fees and time.</summary>
/// <param name="BaseFee">Wei per gas; 0 before London.</param>
/// <param name="Timestamp">Unix seconds.</param>
public sealed record BlockHeader(
    ulong Number,
    Bytes32 Hash,
    Bytes32 ParentHash,
    ulong Timestamp,
    UInt128 BaseFee,
    ulong GasLimit,
    ulong GasUsed);
