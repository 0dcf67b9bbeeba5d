using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>Which logs are asked for.</summary>
/// <param name="Topics">Per position the accepted values; an empty array accepts any.</param>
public sealed record LogFilter(
    Address Contract,
    ulong FromBlock,
    ulong ToBlock,
    Bytes32[][] Topics);
