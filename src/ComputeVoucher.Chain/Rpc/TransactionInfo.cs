using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

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
