using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>r, s and the parity of y, as they stand in a transaction: in range or not, low s or
/// not (transactions before Homestead may have a high one).</summary>
public readonly record struct TransactionSignature(UInt256 R, UInt256 S, bool YParity)
{
    /// <summary>n of secp256k1; SEC 2, section 2.4.1.</summary>
    internal static readonly UInt256 s_order = UInt256.Parse(
        "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");

    /// <summary>Whether r and s are in 1 … n − 1.</summary>
    public bool IsInRange => !R.IsZero && R < s_order && !S.IsZero && S < s_order;

    /// <summary>Whether s is at most n/2, which EIP-2 demands.</summary>
    public bool HasLowS => S <= s_order / 2;

    public static TransactionSignature From(in Signature signature) => new(
        UInt256.FromBigEndian(signature.R.Span),
        UInt256.FromBigEndian(signature.S.Span),
        signature.YParity);

    /// <summary>Who signed <paramref name="digest"/>; (r, n − s) with the other parity names the
    /// same key, so a high s is mirrored first.</summary>
    public bool TryRecover(in Bytes32 digest, out Address signer)
    {
        signer = default;
        if (!IsInRange)
        {
            return false;
        }

        UInt256 low = HasLowS ? S : s_order - S;
        Signature compact = new(R.ToBytes32(), low.ToBytes32(), HasLowS ? YParity : !YParity);
        return Secp256k1.TryRecover(digest, compact, out signer);
    }
}
