using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Ledger;

/// <summary>One signed transaction of an entry's nonce.</summary>
/// <param name="TxHash">Its hash.</param>
/// <param name="Raw">Its signed bytes, re-sent as they are.</param>
public sealed record OutboxAttempt(Bytes32 TxHash, ReadOnlyMemory<byte> Raw);
