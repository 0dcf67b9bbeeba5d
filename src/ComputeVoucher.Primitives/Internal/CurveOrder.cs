namespace ComputeVoucher.Primitives.Internal;

/// <summary>The order n of secp256k1 (SEC 2, section 2.4.1) and half of it, rounded down.</summary>
internal static class CurveOrder
{
    public static readonly Bytes32 N = Bytes32.Parse(
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");

    public static readonly Bytes32 HalfN = Bytes32.Parse(
        "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");
}
