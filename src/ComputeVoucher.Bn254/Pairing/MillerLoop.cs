using System;

namespace ComputeVoucher.Bn254;

/// <summary>
/// The optimal ate pairing up to its final exponentiation (Beuchat et al., "High-Speed Software
/// Implementation of the Optimal Ate Pairing over Barreto–Naehrig Curves", algorithm 1).
/// </summary>
internal static class MillerLoop
{
    /// <summary>Lines of one point of G2: 65 tangents, 21 additions of the digits, and 2 of the
    /// Frobenius map.</summary>
    public const int LineCount = 88;

    /// <summary>6u + 2 = 29793968203157093288 in non-adjacent form, lowest digit first.</summary>
    private static ReadOnlySpan<sbyte> Digits =>
    [
        0, 0, 0, 1, 0, 1, 0, -1, 0, 0, -1, 0, 0, 0, 1, 0, 0, -1, 0, -1, 0, 0, 0, 1, 0, -1, 0, 0, 0,
        0, -1, 0, 0, 1, 0, -1, 0, 0, 1, 0, 0, 0, 0, 0, -1, 0, 0, -1, 0, 1, 0, -1, 0, 0, 0, -1, 0,
        -1, 0, 0, 0, 1, 0, -1, 0, 1,
    ];

    /// <summary>The lines of a point of G2, in the order of the loop. Those of infinity are all
    /// zero (1 / 0 is 0 here), which makes every factor 1, as it should be.</summary>
    /// <param name="q">In the subgroup, or infinity.</param>
    /// <param name="lines">Of length <see cref="LineCount"/>.</param>
    public static void Trace(in AffinePoint<Fp2> q, Span<Line> lines)
    {
        AffinePoint<Fp2> point = q;
        AffinePoint<Fp2> negated = q.Negated;
        int at = 0;
        for (int i = Digits.Length - 2; i >= 0; i--)
        {
            lines[at++] = Line.Double(ref point);
            if (Digits[i] != 0)
            {
                lines[at++] = Line.Add(ref point, Digits[i] > 0 ? q : negated);
            }
        }

        AffinePoint<Fp2> first = Twist.Frobenius(q);
        lines[at++] = Line.Add(ref point, first);
        lines[at] = Line.Add(ref point, Twist.Frobenius(first).Negated);
    }

    /// <summary>The product of the pairings of several pairs, not yet raised; they share the
    /// squarings.</summary>
    /// <param name="lines">Of the points of G2, <see cref="LineCount"/> of each, one after the
    /// other.</param>
    /// <param name="points">Of G1, as many; infinity gives the factor 1.</param>
    public static Fp12 Run(ReadOnlySpan<Line> lines, ReadOnlySpan<AffinePoint<Fp>> points)
    {
        // A line at (x, y), over y: a factor of the base field does not outlive the final
        // exponentiation.
        Span<AffinePoint<Fp>> scaled = stackalloc AffinePoint<Fp>[points.Length];
        for (int i = 0; i < points.Length; i++)
        {
            Fp inverse = points[i].Y.Inverse();
            scaled[i] = new AffinePoint<Fp>(default(Fp) - (points[i].X * inverse), inverse);
        }

        Fp12 value = Fp12.One;
        int at = 0;
        for (int i = Digits.Length - 2; i >= 0; i--)
        {
            value = Times(value.Square(), lines, scaled, at++);
            if (Digits[i] != 0)
            {
                value = Times(value, lines, scaled, at++);
            }
        }

        value = Times(value, lines, scaled, at++);
        return Times(value, lines, scaled, at);
    }

    private static Fp12 Times(in Fp12 value, ReadOnlySpan<Line> lines,
        ReadOnlySpan<AffinePoint<Fp>> scaled, int at)
    {
        Fp12 product = value;
        for (int i = 0; i < scaled.Length; i++)
        {
            ref readonly Line line = ref lines[(i * LineCount) + at];
            product = product.TimesLine(line.Slope * scaled[i].X, line.Constant * scaled[i].Y);
        }

        return product;
    }
}
