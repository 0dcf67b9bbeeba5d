namespace ComputeVoucher.Bn254;

/// <summary>What only the curve of G2 needs: it has more points than r, and a Frobenius map.
/// </summary>
internal static class Twist
{
    /// <summary>Whether a point of the curve is one of the r points of G2, by the definition:
    /// (r − 1) · point = −point. EIP-197 asks for it; pairings of others mean nothing.</summary>
    public static bool IsInSubgroup(in AffinePoint<Fp2> point)
    {
        Scalar minusOne = Scalar.Of(default(Fr) - Fr.One);
        return CurvePoint<Fp2>.Multiply(point, minusOne).ToAffine().IsEqual(point.Negated);
    }

    /// <summary>The q-th power of both coordinates, seen from the twist: on G2 it multiplies by q.
    /// </summary>
    public static AffinePoint<Fp2> Frobenius(in AffinePoint<Fp2> point) =>
        new(point.X.Conjugate * XiPowers.Q2, point.Y.Conjugate * XiPowers.Q3);
}
