using System.Runtime.InteropServices;

namespace ComputeVoucher.Bn254;

/// <summary>c0 + c1 · u with u² = −1: coordinates of the twist, on which G2 lies.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct Fp2 : IField<Fp2>
{
    public readonly Fp C0;
    public readonly Fp C1;

    public Fp2(in Fp c0, in Fp c1) => (C0, C1) = (c0, c1);

    public static Fp2 One => new(Fp.One, default);

    /// <summary>3 / (9 + u), in Montgomery's form.</summary>
    public static Fp2 CurveConstant => new(
        new Fp(0x3bf938e377b802a8, 0x020b1b273633535d, 0x26b7edf049755260, 0x2514c6324384a86d),
        new Fp(0x38e7ecccd1dcff67, 0x65f0b37d93ce0d3e, 0xd749d0dd22ac00aa, 0x0141b9ce4a688d4d));

    public bool IsReduced => C0.IsReduced && C1.IsReduced;

    public bool IsZero => C0.IsZero && C1.IsZero;

    /// <summary>Also the q-th power.</summary>
    public Fp2 Conjugate => new(C0, default(Fp) - C1);

    public bool IsEqual(in Fp2 other) => C0.IsEqual(other.C0) && C1.IsEqual(other.C1);

    public static Fp2 operator +(in Fp2 left, in Fp2 right) =>
        new(left.C0 + right.C0, left.C1 + right.C1);

    public static Fp2 operator -(in Fp2 left, in Fp2 right) =>
        new(left.C0 - right.C0, left.C1 - right.C1);

    /// <summary>Karatsuba: three products.</summary>
    public static Fp2 operator *(in Fp2 left, in Fp2 right)
    {
        Fp low = left.C0 * right.C0;
        Fp high = left.C1 * right.C1;
        Fp cross = (left.C0 + left.C1) * (right.C0 + right.C1);
        return new Fp2(low - high, cross - low - high);
    }

    public static Fp2 operator *(in Fp2 left, in Fp right) =>
        new(left.C0 * right, left.C1 * right);

    public Fp2 Square()
    {
        Fp product = C0 * C1;
        return new Fp2((C0 + C1) * (C0 - C1), product + product);
    }

    public Fp2 Inverse()
    {
        Fp norm = (C0.Square() + C1.Square()).Inverse();
        return new Fp2(C0 * norm, default(Fp) - (C1 * norm));
    }

    /// <summary>Times ξ = 9 + u, of which <see cref="Fp6"/> takes the cube root.</summary>
    public Fp2 TimesXi() => new(Nine(C0) - C1, Nine(C1) + C0);

    private static Fp Nine(in Fp value)
    {
        Fp two = value + value;
        Fp four = two + two;
        return four + four + value;
    }
}
