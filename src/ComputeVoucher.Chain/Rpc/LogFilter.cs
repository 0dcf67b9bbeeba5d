using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>Which logs are asked for.</summary>
/// <param name="Topics">Per position the accepted values; an empty array accepts any.</param>
public sealed record LogFilter(
    Address Contract,
    ulong FromBlock,
    ulong ToBlock,
    Bytes32[][] Topics);

/// <summary>One event of one contract, with its place in the chain.</summary>
/// <param name="Topics">Up to 4; the first is the hash of the event's signature.</param>
/// <param name="IsRemoved">True when a reorganisation has taken it back.</param>
public sealed record LogEntry(
    Address Contract,
    Bytes32[] Topics,
    byte[] Data,
    ulong BlockNumber,
    Bytes32 BlockHash,
    Bytes32 TransactionHash,
    uint LogIndex,
    bool IsRemoved);
