using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// A signed question, worth no money. It names the connection on which it may be asked, so that
/// whoever saw it cannot ask it again.
/// </summary>
public interface ISignedQuery<TSelf> : ISignedStruct<TSelf>
    where TSelf : struct, ISignedQuery<TSelf>
{
    /// <summary>The connection's name: keccak(node's random bytes ‖ client's random bytes).
    /// </summary>
    Bytes32 Nonce { get; }
}
