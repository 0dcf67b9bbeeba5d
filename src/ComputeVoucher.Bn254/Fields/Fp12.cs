namespace ComputeVoucher.Bn254;

/// <summary>c0 + c1 · w with w² = v: where pairings lie.</summary>
internal readonly struct Fp12
{
    public readonly Fp6 C0;
    public readonly Fp6 C1;

    public Fp12(in Fp6 c0, in Fp6 c1) => (C0, C1) = (c0, c1);

    public static Fp12 One => new(new Fp6(Fp2.One, default, default), default);

    /// <summary>The power to q⁶; after the final exponentiation's first step also 1 / this.
    /// </summary>
    public Fp12 Conjugate => new(C0, default(Fp6) - C1);

    public bool IsEqual(in Fp12 other) =>
        C0.C0.IsEqual(other.C0.C0) && C0.C1.IsEqual(other.C0.C1) && C0.C2.IsEqual(other.C0.C2)
        && C1.C0.IsEqual(other.C1.C0) && C1.C1.IsEqual(other.C1.C1)
        && C1.C2.IsEqual(other.C1.C2);

    public static Fp12 operator *(in Fp12 left, in Fp12 right)
    {
        Fp6 low = left.C0 * right.C0;
        Fp6 high = left.C1 * right.C1;
        Fp6 cross = (left.C0 + left.C1) * (right.C0 + right.C1);
        return new Fp12(low + high.TimesV(), cross - low - high);
    }

    /// <summary>Complex squaring: two products of <see cref="Fp6"/>.</summary>
    public Fp12 Square()
    {
        Fp6 product = C0 * C1;
        Fp6 sum = (C0 + C1) * (C0 + C1.TimesV());
        return new Fp12(sum - product - product.TimesV(), product + product);
    }

    /// <summary>Times 1 + (b0 + b1 · v) · w, a line through points of the twist.</summary>
    public Fp12 TimesLine(in Fp2 b0, in Fp2 b1)
    {
        Fp6 low = C1.TimesSparse(b0, b1).TimesV();
        return new Fp12(C0 + low, C1 + C0.TimesSparse(b0, b1));
    }

    public Fp12 Inverse()
    {
        Fp6 norm = (C0 * C0) - (C1 * C1).TimesV();
        Fp6 inverse = norm.Inverse();
        return new Fp12(C0 * inverse, default(Fp6) - (C1 * inverse));
    }

    /// <summary>The power to q: each coefficient conjugated, and w^i times ξ^(i · (q − 1) / 6).
    /// </summary>
    public Fp12 Frobenius() => new(
        new Fp6(
            C0.C0.Conjugate,
            C0.C1.Conjugate * XiPowers.Q2,
            C0.C2.Conjugate * XiPowers.Q4),
        new Fp6(
            C1.C0.Conjugate * XiPowers.Q1,
            C1.C1.Conjugate * XiPowers.Q3,
            C1.C2.Conjugate * XiPowers.Q5));

    /// <summary>The power to q²: w^i times ξ^(i · (q² − 1) / 6), which lie in the base field.
    /// </summary>
    public Fp12 FrobeniusSquared() => new(
        new Fp6(C0.C0, C0.C1 * XiPowers.Qq2, C0.C2 * XiPowers.Qq4),
        new Fp6(C1.C0 * XiPowers.Qq1, C1.C1 * XiPowers.Qq3, C1.C2 * XiPowers.Qq5));
}
