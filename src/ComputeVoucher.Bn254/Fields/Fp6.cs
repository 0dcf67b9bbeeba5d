namespace ComputeVoucher.Bn254;

/// <summary>c0 + c1 · v + c2 · v² with v³ = ξ = 9 + u.</summary>
internal readonly struct Fp6
{
    public readonly Fp2 C0;
    public readonly Fp2 C1;
    public readonly Fp2 C2;

    public Fp6(in Fp2 c0, in Fp2 c1, in Fp2 c2) => (C0, C1, C2) = (c0, c1, c2);

    public static Fp6 operator +(in Fp6 left, in Fp6 right) =>
        new(left.C0 + right.C0, left.C1 + right.C1, left.C2 + right.C2);

    public static Fp6 operator -(in Fp6 left, in Fp6 right) =>
        new(left.C0 - right.C0, left.C1 - right.C1, left.C2 - right.C2);

    /// <summary>Karatsuba: six products.</summary>
    public static Fp6 operator *(in Fp6 left, in Fp6 right)
    {
        Fp2 p0 = left.C0 * right.C0;
        Fp2 p1 = left.C1 * right.C1;
        Fp2 p2 = left.C2 * right.C2;
        Fp2 p01 = (left.C0 + left.C1) * (right.C0 + right.C1);
        Fp2 p02 = (left.C0 + left.C2) * (right.C0 + right.C2);
        Fp2 p12 = (left.C1 + left.C2) * (right.C1 + right.C2);
        return new Fp6(
            p0 + (p12 - p1 - p2).TimesXi(), p01 - p0 - p1 + p2.TimesXi(), p02 - p0 - p2 + p1);
    }

    /// <summary>Times b0 + b1 · v, of which a line consists: five products.</summary>
    public Fp6 TimesSparse(in Fp2 b0, in Fp2 b1)
    {
        Fp2 p0 = C0 * b0;
        Fp2 p1 = C1 * b1;
        Fp2 p01 = (C0 + C1) * (b0 + b1);
        return new Fp6(p0 + (C2 * b1).TimesXi(), p01 - p0 - p1, (C2 * b0) + p1);
    }

    /// <summary>Times v.</summary>
    public Fp6 TimesV() => new(C2.TimesXi(), C0, C1);

    /// <summary>Guide to Pairing-Based Cryptography, algorithm 5.23.</summary>
    public Fp6 Inverse()
    {
        Fp2 a = C0.Square() - (C1 * C2).TimesXi();
        Fp2 b = C2.Square().TimesXi() - (C0 * C1);
        Fp2 c = C1.Square() - (C0 * C2);
        Fp2 norm = (C0 * a) + ((C2 * b) + (C1 * c)).TimesXi();
        Fp2 inverse = norm.Inverse();
        return new Fp6(a * inverse, b * inverse, c * inverse);
    }
}
