using System;

namespace ComputeVoucher.Bn254;

/// <summary>Many multiples of one point: a table of every byte's multiples at every place, so that
/// a multiple is 32 additions.</summary>
internal sealed class FixedBase<TField>
    where TField : struct, IField<TField>
{
    private const int Places = Scalar.Size;
    private const int Digits = 255;

    // [place, digit − 1] digit · 2^(8 · place) · point.
    private readonly AffinePoint<TField>[] _table = new AffinePoint<TField>[Places * Digits];

    public FixedBase(in AffinePoint<TField> point)
    {
        CurvePoint<TField>[] row = new CurvePoint<TField>[Digits];
        AffinePoint<TField> place = point;
        for (int i = 0; i < Places; i++)
        {
            CurvePoint<TField> multiple = default;
            for (int digit = 0; digit < Digits; digit++)
            {
                multiple = multiple.Plus(place);
                row[digit] = multiple;
            }

            CurvePoint<TField>.ToAffine(row, _table.AsSpan(i * Digits, Digits));
            place = multiple.Plus(place).ToAffine();
        }
    }

    /// <summary>Multiples of the point, one for each number.</summary>
    /// <param name="factors">The numbers.</param>
    /// <param name="products">As many.</param>
    public void Multiply(ReadOnlySpan<Scalar> factors, Span<AffinePoint<TField>> products)
    {
        CurvePoint<TField>[] sums = new CurvePoint<TField>[factors.Length];
        for (int i = 0; i < sums.Length; i++)
        {
            CurvePoint<TField> sum = default;
            for (int place = 0; place < Places; place++)
            {
                int digit = factors[i].Bits(8 * place, 8);
                sum = digit == 0 ? sum : sum.Plus(_table[(place * Digits) + digit - 1]);
            }

            sums[i] = sum;
        }

        CurvePoint<TField>.ToAffine(sums, products);
    }
}
