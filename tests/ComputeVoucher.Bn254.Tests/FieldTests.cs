using System;
using System.Collections.Generic;
using System.Numerics;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Bn254.Tests;

/// <summary>Both prime fields against plain integers.</summary>
public sealed class FieldTests
{
    private static readonly int s_pairs = Runs.Count(1_500, 200_000);

    [Fact]
    public void BaseField_ComputesAsIntegersDo() => Check<BasePrime>(Numbers.Q);

    [Fact]
    public void ScalarField_ComputesAsIntegersDo() => Check<ScalarPrime>(Numbers.R);

    [Fact]
    public void Numbers_FromThePrimeOn_AreNotRead()
    {
        foreach (BigInteger value in (BigInteger[])
            [Numbers.Q, Numbers.Q + 1, (BigInteger.One << 256) - 1, BigInteger.One << 255])
        {
            Assert.False(Fp.TryRead(Numbers.Bytes(value), out _));
        }

        Assert.True(Fp.TryRead(Numbers.Bytes(Numbers.Q - 1), out _));
        // r is below q: a word may not be what a coordinate may.
        Assert.False(Scalar.TryRead(Numbers.Bytes(Numbers.R), out _));
        Assert.True(Scalar.TryRead(Numbers.Bytes(Numbers.R - 1), out _));
        Assert.True(Fp.TryRead(Numbers.Bytes(Numbers.R), out _));
        Assert.False(Scalar.TryRead(new byte[31], out _));
    }

    [Fact]
    public void Bits_AreThoseOfTheNumber()
    {
        Random random = new(7);
        for (int i = 0; i < 200; i++)
        {
            BigInteger value = Numbers.Below(random, Numbers.R);
            Scalar word = Numbers.Word(value);
            for (int width = 1; width <= 16; width++)
            {
                int from = random.Next(256);
                Assert.Equal(
                    (int)((value >> from) & ((1 << width) - 1)), word.Bits(from, width));
            }
        }
    }

    private static void Check<TPrime>(BigInteger prime)
        where TPrime : struct, IPrime
    {
        Random random = new(196);
        List<BigInteger> samples = Numbers.Samples(random, prime, 600);
        for (int i = 0; i < s_pairs; i++)
        {
            BigInteger a = samples[random.Next(samples.Count)];
            BigInteger b = samples[random.Next(samples.Count)];
            Residue<TPrime> left = Read<TPrime>(a);
            Residue<TPrime> right = Read<TPrime>(b);
            Assert.Equal((a + b) % prime, Number(left + right));
            Assert.Equal(((a - b) + prime) % prime, Number(left - right));
            Assert.Equal(a * b % prime, Number(left * right));
            Assert.Equal(a == 0, left.IsZero);
            Assert.Equal(a == b, left.IsEqual(right));
        }

        foreach (BigInteger a in samples)
        {
            Assert.Equal(
                BigInteger.ModPow(a, prime - 2, prime), Number(Read<TPrime>(a).Inverse()));
        }
    }

    private static Residue<TPrime> Read<TPrime>(BigInteger value)
        where TPrime : struct, IPrime
    {
        Assert.True(Residue<TPrime>.TryRead(Numbers.Bytes(value), out Residue<TPrime> residue));
        return residue;
    }

    private static BigInteger Number<TPrime>(Residue<TPrime> value)
        where TPrime : struct, IPrime
    {
        Assert.True(value.IsReduced);
        byte[] bytes = new byte[32];
        value.Write(bytes);
        return new BigInteger(bytes, isUnsigned: true, isBigEndian: true);
    }
}
