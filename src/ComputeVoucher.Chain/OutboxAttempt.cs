using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>Signed bytes for one nonce. All attempts of a nonce are watched for ever, because
/// any of them may be the one that is mined.</summary>
/// <param name="Raw">The EIP-2718 envelope, as sent.</param>
public sealed record OutboxAttempt(Bytes32 TxHash, byte[] Raw);
