using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>What a node says became of a mined transaction; believed only after checks.</summary>
/// <param name="IsSuccess">Status 1. A receipt from before Byzantium carries a state root
/// instead and reads as null.</param>
/// <param name="EffectiveGasPrice">Wei per gas.</param>
public sealed record TransactionReceipt(
    Bytes32 TransactionHash,
    ulong BlockNumber,
    Bytes32 BlockHash,
    uint TransactionIndex,
    Address From,
    Address? To,
    Address? ContractAddress,
    bool? IsSuccess,
    ulong GasUsed,
    UInt128 EffectiveGasPrice,
    LogEntry[] Logs);

/// <summary>A transaction as a node describes it, mined or pending.</summary>
/// <param name="BlockNumber">Null while pending.</param>
/// <param name="Kind">The EIP-2718 type byte; types above 2 are described, not decoded.</param>
public sealed record TransactionInfo(
    Bytes32 Hash,
    byte Kind,
    ulong? BlockNumber,
    Bytes32? BlockHash,
    Address From,
    Address? To,
    ulong Nonce,
    UInt256 Value,
    ulong Gas,
    byte[] Input);
