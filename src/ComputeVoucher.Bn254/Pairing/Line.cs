namespace ComputeVoucher.Bn254;

/// <summary>A line through points of the twist, y = slope · x − constant, of which a pairing needs
/// no more. It depends on the point of G2 alone, so a key's lines are made once.</summary>
internal readonly struct Line
{
    public readonly Fp2 Slope;
    public readonly Fp2 Constant;

    private Line(in Fp2 slope, in AffinePoint<Fp2> at) =>
        (Slope, Constant) = (slope, (slope * at.X) - at.Y);

    /// <summary>The tangent at a point, which becomes its double.</summary>
    public static Line Double(ref AffinePoint<Fp2> point)
    {
        Fp2 square = point.X.Square();
        Fp2 slope = (square + square + square) * (point.Y + point.Y).Inverse();
        return Meet(ref point, slope, point.X);
    }

    /// <summary>Through two points, the first of which becomes their sum.</summary>
    public static Line Add(ref AffinePoint<Fp2> point, in AffinePoint<Fp2> other)
    {
        Fp2 slope = (point.Y - other.Y) * (point.X - other.X).Inverse();
        return Meet(ref point, slope, other.X);
    }

    private static Line Meet(ref AffinePoint<Fp2> point, in Fp2 slope, in Fp2 otherX)
    {
        Line line = new(slope, point);
        Fp2 x = slope.Square() - point.X - otherX;
        point = new AffinePoint<Fp2>(x, line.Constant - (slope * x));
        return line;
    }
}
