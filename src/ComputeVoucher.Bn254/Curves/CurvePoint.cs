using System;

namespace ComputeVoucher.Bn254;

/// <summary>
/// A point as x = X / ZZ, y = Y / ZZZ with ZZ³ = ZZZ²: "XYZZ" of the Explicit-Formulas Database,
/// whose mixed addition, of which sums of many points consist, is the cheapest. Infinity: ZZ = 0.
/// </summary>
internal readonly struct CurvePoint<TField>
    where TField : struct, IField<TField>
{
    /// <summary>r is below 2^254.</summary>
    public const int ScalarBits = 254;

    private readonly TField _x;
    private readonly TField _y;
    private readonly TField _zz;
    private readonly TField _zzz;

    private CurvePoint(in TField x, in TField y, in TField zz, in TField zzz) =>
        (_x, _y, _zz, _zzz) = (x, y, zz, zzz);

    public bool IsInfinity => _zz.IsZero;

    public static CurvePoint<TField> From(in AffinePoint<TField> point) => point.IsInfinity
        ? default
        : new CurvePoint<TField>(point.X, point.Y, TField.One, TField.One);

    /// <summary>One inversion.</summary>
    public AffinePoint<TField> ToAffine() => Scaled(_zzz.Inverse());

    /// <summary>Many at once, with one inversion.</summary>
    public static void ToAffine(
        ReadOnlySpan<CurvePoint<TField>> points, Span<AffinePoint<TField>> affine)
    {
        TField[] inverses = new TField[points.Length];
        for (int i = 0; i < inverses.Length; i++)
        {
            inverses[i] = points[i]._zzz;
        }

        Batches.Invert<TField>(inverses);
        for (int i = 0; i < inverses.Length; i++)
        {
            affine[i] = points[i].Scaled(inverses[i]);
        }
    }

    /// <summary>dbl-2008-s-1, with a = 0.</summary>
    public CurvePoint<TField> Double()
    {
        TField u = _y + _y;
        TField v = u.Square();
        TField w = u * v;
        TField s = _x * v;
        TField square = _x.Square();
        TField m = square + square + square;
        TField x = m.Square() - (s + s);
        return new CurvePoint<TField>(x, (m * (s - x)) - (w * _y), v * _zz, w * _zzz);
    }

    /// <summary>madd-2008-s.</summary>
    public CurvePoint<TField> Plus(in AffinePoint<TField> other)
    {
        if (other.IsInfinity)
        {
            return this;
        }

        if (IsInfinity)
        {
            return From(other);
        }

        TField p = (other.X * _zz) - _x;
        TField r = (other.Y * _zzz) - _y;
        if (p.IsZero)
        {
            return r.IsZero ? Double() : default;
        }

        TField pp = p.Square();
        TField ppp = p * pp;
        TField q = _x * pp;
        TField x = r.Square() - ppp - (q + q);
        return new CurvePoint<TField>(x, (r * (q - x)) - (_y * ppp), _zz * pp, _zzz * ppp);
    }

    /// <summary>add-2008-s.</summary>
    public CurvePoint<TField> Plus(in CurvePoint<TField> other)
    {
        if (other.IsInfinity)
        {
            return this;
        }

        if (IsInfinity)
        {
            return other;
        }

        TField u = _x * other._zz;
        TField s = _y * other._zzz;
        TField p = (other._x * _zz) - u;
        TField r = (other._y * _zzz) - s;
        if (p.IsZero)
        {
            return r.IsZero ? Double() : default;
        }

        TField pp = p.Square();
        TField ppp = p * pp;
        TField q = u * pp;
        TField x = r.Square() - ppp - (q + q);
        return new CurvePoint<TField>(x, (r * (q - x)) - (s * ppp),
            _zz * other._zz * pp, _zzz * other._zzz * ppp);
    }

    /// <summary>Bit by bit: for single points. Sums of many are
    /// <see cref="MultiScalar{T}"/>'s.</summary>
    public static CurvePoint<TField> Multiply(in AffinePoint<TField> point, in Scalar factor)
    {
        CurvePoint<TField> product = default;
        for (int bit = ScalarBits - 1; bit >= 0; bit--)
        {
            product = product.Double();
            product = factor.Bits(bit, 1) == 0 ? product : product.Plus(point);
        }

        return product;
    }

    /// <summary>ZZZ / ZZ is Z, so (ZZ / ZZZ)² is 1 / ZZ. Infinity becomes (0, 0), since 1 / 0 is 0
    /// here.</summary>
    private AffinePoint<TField> Scaled(in TField inverse)
    {
        TField z = _zz * inverse;
        return new AffinePoint<TField>(_x * z.Square(), _y * inverse);
    }
}
