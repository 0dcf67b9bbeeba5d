using System;
using System.Numerics;

namespace ComputeVoucher.Bn254.Tests;

/// <summary>Points of both groups, sums of many, transforms and pairings by their laws.</summary>
public sealed class CurveTests
{
    private readonly Random _random = new(3);

    [Fact]
    public void Generators_AreOfOrderR()
    {
        Assert.True(Numbers.G1.IsOnCurve && Numbers.G2.IsOnCurve);
        Assert.True(Twist.IsInSubgroup(Numbers.G2));
        Assert.True(Numbers.TimesG1(Numbers.R - 1).IsEqual(Numbers.G1.Negated));
        Assert.True(CurvePoint<Fp>.From(Numbers.TimesG1(Numbers.R - 1))
            .Plus(Numbers.G1).IsInfinity);
    }

    [Fact]
    public void Additions_AgreeInEveryCase()
    {
        Check(Numbers.G1, Numbers.TimesG1(5), Numbers.TimesG1(6));
        Check(Numbers.G2, Numbers.TimesG2(5), Numbers.TimesG2(6));
    }

    [Fact]
    public void Frobenius_MultipliesByThePrime() => Assert.True(
        Twist.Frobenius(Numbers.TimesG2(77)).IsEqual(Numbers.TimesG2(77 * Numbers.Q)));

    [Fact]
    public void PointsOutsideTheSubgroup_AreTold()
    {
        AffinePoint<Fp2> outside = Outside(_random);
        Assert.True(outside.IsOnCurve);
        Assert.False(Twist.IsInSubgroup(outside));
        Assert.False(Twist.IsInSubgroup(
            CurvePoint<Fp2>.From(outside).Plus(Numbers.G2).ToAffine()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(300)]
    public void SumOfMany_IsTheSumOneByOne(int count)
    {
        AffinePoint<Fp>[] points = new AffinePoint<Fp>[count];
        Scalar[] factors = new Scalar[count + 2];
        CurvePoint<Fp> wanted = default;
        for (int i = 0; i < count; i++)
        {
            // Few distinct points, so that buckets meet equal and opposite ones; and infinity.
            points[i] = Numbers.TimesG1(i % 5 * (i % 2 == 0 ? 1 : Numbers.R - 1));
            BigInteger factor = i % 3 == 0 ? i % 2 : i % 3 == 1
                ? Numbers.R - 1 - (i % 4) : Numbers.Below(_random, Numbers.R);
            factors[i + 2] = Numbers.Word(factor);
            wanted = wanted.Plus(CurvePoint<Fp>.Multiply(points[i], factors[i + 2]));
        }

        MultiScalar<Fp> sum = new(points, factors, 2, threads: 2);
        for (int job = 0; job < sum.Jobs; job++)
        {
            sum.Run(job % 2, job);
        }

        Assert.True(sum.Sum().ToAffine().IsEqual(wanted.ToAffine()));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(16)]
    public void Coset_HoldsThePolynomialsValues(int size)
    {
        // The polynomial through the values, evaluated at the odd powers of the doubled domain's
        // generator, by Lagrange's formula on plain integers.
        BigInteger generator = BigInteger.ModPow(5, (Numbers.R - 1) / (2 * size), Numbers.R);
        BigInteger[] values = new BigInteger[size];
        Fr[] residues = new Fr[size];
        for (int i = 0; i < size; i++)
        {
            values[i] = Numbers.Below(_random, Numbers.R);
            residues[i] = Numbers.Word(values[i]).ToResidue();
        }

        new Transform(size).ToCoset(residues);
        for (int i = 0; i < size; i++)
        {
            BigInteger x = BigInteger.ModPow(generator, (2 * i) + 1, Numbers.R);
            Assert.Equal(Lagrange(values, generator * generator % Numbers.R, x),
                Numbers.Of(Scalar.Of(residues[i])));
        }
    }

    [Fact]
    public void Pairing_IsBilinear()
    {
        Fp12 one = Pair(Numbers.G1, Numbers.G2);
        Assert.False(one.IsEqual(Fp12.One));
        Assert.True(Pair(Numbers.TimesG1(6), Numbers.TimesG2(35)).IsEqual(
            Pair(Numbers.TimesG1(21), Numbers.TimesG2(10))));
        Assert.True((one * Pair(Numbers.G1.Negated, Numbers.G2)).IsEqual(Fp12.One));
        Assert.True(Pair(default, Numbers.G2).IsEqual(Fp12.One));
        Assert.True(Pair(Numbers.G1, default).IsEqual(Fp12.One));
        Assert.True(Pair(Numbers.TimesG1(2), Numbers.G2).IsEqual(one * one));
    }

    /// <summary>A point of the twist with a random x, which misses the subgroup but for a chance of
    /// 2^−254.</summary>
    internal static AffinePoint<Fp2> Outside(Random random)
    {
        while (true)
        {
            Fp2 x = new(Numbers.Base(Numbers.Below(random, Numbers.Q)), Fp.One);
            if (Root((x.Square() * x) + Fp2.CurveConstant) is { } y)
            {
                return new AffinePoint<Fp2>(x, y);
            }
        }
    }

    private static Fp12 Pair(AffinePoint<Fp> p, AffinePoint<Fp2> q)
    {
        Line[] lines = new Line[MillerLoop.LineCount];
        MillerLoop.Trace(q, lines);
        return FinalExponentiation.Raise(MillerLoop.Run(lines, [p]));
    }

    private static void Check<TField>(
        AffinePoint<TField> one, AffinePoint<TField> five, AffinePoint<TField> six)
        where TField : struct, IField<TField>
    {
        CurvePoint<TField> point = CurvePoint<TField>.From(five);
        CurvePoint<TField> scaled = point.Double().Plus(five.Negated);
        Assert.True(scaled.Plus(one).ToAffine().IsEqual(six));
        Assert.True(scaled.Plus(CurvePoint<TField>.From(one)).ToAffine().IsEqual(six));
        Assert.True(scaled.Plus(five).ToAffine().IsEqual(point.Double().ToAffine()));
        Assert.True(scaled.Plus(point).ToAffine().IsEqual(point.Double().ToAffine()));
        Assert.True(scaled.Plus(five.Negated).IsInfinity);
        Assert.True(scaled.Plus(CurvePoint<TField>.From(five.Negated)).IsInfinity);
        Assert.True(scaled.Plus(default(AffinePoint<TField>)).ToAffine().IsEqual(five));
        Assert.True(scaled.Plus(default(CurvePoint<TField>)).ToAffine().IsEqual(five));
        Assert.True(default(CurvePoint<TField>).Plus(five).ToAffine().IsEqual(five));
        Assert.True(default(CurvePoint<TField>).Plus(scaled).ToAffine().IsEqual(five));
        Assert.True(default(CurvePoint<TField>).Double().IsInfinity);
        Assert.True(default(CurvePoint<TField>).ToAffine().IsInfinity);
    }

    private static BigInteger Lagrange(BigInteger[] values, BigInteger root, BigInteger x)
    {
        BigInteger sum = 0;
        for (int i = 0; i < values.Length; i++)
        {
            BigInteger term = values[i];
            for (int j = 0; j < values.Length; j++)
            {
                BigInteger xj = BigInteger.ModPow(root, j, Numbers.R);
                BigInteger xi = BigInteger.ModPow(root, i, Numbers.R);
                term = j == i ? term : term * (x - xj)
                    * BigInteger.ModPow(xi - xj + Numbers.R, Numbers.R - 2, Numbers.R) % Numbers.R;
            }

            sum += term;
        }

        return ((sum % Numbers.R) + Numbers.R) % Numbers.R;
    }

    /// <summary>A square root in the quadratic extension, where there is one (q = 3 modulo 4).
    /// </summary>
    private static Fp2? Root(Fp2 square)
    {
        BigInteger norm = Numbers.Of(square.C0.Square() + square.C1.Square());
        BigInteger length = BigInteger.ModPow(norm, (Numbers.Q + 1) / 4, Numbers.Q);
        foreach (BigInteger sign in (BigInteger[])[length, Numbers.Q - length])
        {
            Fp half = Numbers.Base((Numbers.Q + 1) / 2);
            BigInteger real = Numbers.Of((square.C0 + Numbers.Base(sign)) * half);
            Fp a = Numbers.Base(BigInteger.ModPow(real, (Numbers.Q + 1) / 4, Numbers.Q));
            Fp2 root = new(a, square.C1 * half * a.Inverse());
            if (root.Square().IsEqual(square))
            {
                return root;
            }
        }

        return null;
    }
}
