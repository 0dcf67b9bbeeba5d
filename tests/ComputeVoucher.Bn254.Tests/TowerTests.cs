using System;
using System.Numerics;

namespace ComputeVoucher.Bn254.Tests;

/// <summary>The extension fields by their laws, and the fast exponentiations by the slow one.
/// </summary>
public sealed class TowerTests
{
    private readonly Random _random = new(12);

    [Fact]
    public void Fp2_IsAField()
    {
        for (int i = 0; i < 200; i++)
        {
            (Fp2 a, Fp2 b, Fp2 c) = (Next2(), Next2(), Next2());
            Assert.True(((a * b) * c).IsEqual(a * (b * c)));
            Assert.True((a * (b + c)).IsEqual((a * b) + (a * c)));
            Assert.True(a.Square().IsEqual(a * a));
            Assert.True((a * a.Inverse()).IsEqual(Fp2.One));
            Assert.True(a.TimesXi().IsEqual(a * new Fp2(Fp.FromInteger(9), Fp.One)));
        }

        Fp2 u = new(default, Fp.One);
        Assert.True((u * u).IsEqual(default(Fp2) - Fp2.One));
    }

    [Fact]
    public void Fp12_IsAFieldOverTheRightRoots()
    {
        for (int i = 0; i < 50; i++)
        {
            (Fp12 a, Fp12 b, Fp12 c) = (Next12(), Next12(), Next12());
            Assert.True(((a * b) * c).IsEqual(a * (b * c)));
            Assert.True(a.Square().IsEqual(a * a));
            Assert.True((a * a.Inverse()).IsEqual(Fp12.One));
            (Fp2 b0, Fp2 b1) = (Next2(), Next2());
            Fp12 line = new(new Fp6(Fp2.One, default, default), new Fp6(b0, b1, default));
            Assert.True(a.TimesLine(b0, b1).IsEqual(a * line));
        }

        // w⁶ = ξ = 9 + u.
        Fp12 w = new(default, new Fp6(Fp2.One, default, default));
        Fp2 xi = new(Fp.FromInteger(9), Fp.One);
        Assert.True(Power(w, 6).IsEqual(new Fp12(new Fp6(xi, default, default), default)));
    }

    [Fact]
    public void Frobenius_IsThePowerOfThePrime()
    {
        Fp12 a = Next12();
        Assert.True(a.Frobenius().IsEqual(Power(a, Numbers.Q)));
        Assert.True(a.FrobeniusSquared().IsEqual(Power(a, Numbers.Q * Numbers.Q)));
        Assert.True(a.Conjugate.IsEqual(Power(a, BigInteger.Pow(Numbers.Q, 6))));
    }

    [Fact]
    public void FinalExponentiation_IsThePowerOfItsDefinition()
    {
        BigInteger exponent = (BigInteger.Pow(Numbers.Q, 12) - 1) / Numbers.R;
        for (int i = 0; i < 3; i++)
        {
            Fp12 a = Next12();
            Assert.True(FinalExponentiation.Raise(a).IsEqual(Power(a, exponent)));
        }
    }

    private static Fp12 Power(Fp12 value, BigInteger exponent)
    {
        Fp12 power = Fp12.One;
        for (long bit = (long)exponent.GetBitLength() - 1; bit >= 0; bit--)
        {
            power *= power;
            power = ((exponent >> (int)bit) & 1) == 0 ? power : power * value;
        }

        return power;
    }

    private Fp2 Next2() => new(
        Numbers.Base(Numbers.Below(_random, Numbers.Q)),
        Numbers.Base(Numbers.Below(_random, Numbers.Q)));

    private Fp6 Next6() => new(Next2(), Next2(), Next2());

    private Fp12 Next12() => new(Next6(), Next6());
}
