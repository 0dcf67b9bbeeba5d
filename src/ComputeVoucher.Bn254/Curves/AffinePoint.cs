using System.Runtime.InteropServices;

namespace ComputeVoucher.Bn254;

/// <summary>A point by its coordinates; (0, 0), which is on neither curve, stands for the point at
/// infinity, as in EIP-196 and .zkey files. It lies in memory as a .zkey file has it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct AffinePoint<TField>
    where TField : struct, IField<TField>
{
    public readonly TField X;
    public readonly TField Y;

    public AffinePoint(in TField x, in TField y) => (X, Y) = (x, y);

    public bool IsInfinity => X.IsZero && Y.IsZero;

    public AffinePoint<TField> Negated => new(X, default(TField) - Y);

    /// <summary>Whether limbs from outside are a point of y² = x³ + b, infinity left out.</summary>
    public bool IsOnCurve => X.IsReduced && Y.IsReduced
        && Y.Square().IsEqual((X.Square() * X) + TField.CurveConstant);

    public bool IsEqual(in AffinePoint<TField> other) =>
        X.IsEqual(other.X) && Y.IsEqual(other.Y);
}
