using System;
using System.Collections.Generic;
using System.Globalization;
using System.Numerics;

namespace ComputeVoucher.Bn254.Tests;

/// <summary>Field elements and points as plain integers and back, by a path of its own.</summary>
internal static class Numbers
{
    /// <summary>From EIP-196.</summary>
    public static BigInteger Q { get; } = BigInteger.Parse(
        "21888242871839275222246405745257275088696311157297823662689037894645226208583",
        CultureInfo.InvariantCulture);

    public static BigInteger R { get; } = BigInteger.Parse(
        "21888242871839275222246405745257275088548364400416034343698204186575808495617",
        CultureInfo.InvariantCulture);

    /// <summary>P1 of EIP-197.</summary>
    public static AffinePoint<Fp> G1 { get; } = new(Fp.One, Fp.FromInteger(2));

    /// <summary>P2 of EIP-197, which writes the imaginary part first.</summary>
    public static AffinePoint<Fp2> G2 { get; } = new(
        new Fp2(
            Base("10857046999023057135944570762232829481370756359578518086990519993285655852781"),
            Base("11559732032986387107991004021392285783925812861821192530917403151452391805634")),
        new Fp2(
            Base("8495653923123431417604973247489272438418190587263600148770280649306958101930"),
            Base("4082367875863433681332203403145435568316851327593401208105741076214120093531")));

    public static Fp Base(string text) =>
        Base(BigInteger.Parse(text, CultureInfo.InvariantCulture));

    public static Fp Base(BigInteger value) =>
        Fp.TryRead(Bytes(value), out Fp residue) ? residue : throw new ArgumentException("≥ q");

    public static Scalar Word(BigInteger value) =>
        Scalar.TryRead(Bytes(value), out Scalar word) ? word : throw new ArgumentException("≥ r");

    /// <summary>32 big-endian bytes.</summary>
    public static byte[] Bytes(BigInteger value)
    {
        byte[] bytes = new byte[32];
        byte[] number = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        number.CopyTo(bytes, bytes.Length - number.Length);
        return bytes;
    }

    public static BigInteger Of(Fp value)
    {
        byte[] bytes = new byte[32];
        value.Write(bytes);
        return new BigInteger(bytes, isUnsigned: true, isBigEndian: true);
    }

    public static BigInteger Of(Scalar value)
    {
        byte[] bytes = new byte[32];
        value.Write(bytes);
        return new BigInteger(bytes, isUnsigned: true, isBigEndian: true);
    }

    public static BigInteger Below(Random random, BigInteger bound)
    {
        byte[] bytes = new byte[40];
        random.NextBytes(bytes);
        return new BigInteger(bytes, isUnsigned: true) % bound;
    }

    /// <summary>Numbers that carries and borrows depend on, then random ones.</summary>
    public static List<BigInteger> Samples(Random random, BigInteger prime, int count)
    {
        List<BigInteger> samples = [0, 1, 2, prime - 1, prime - 2, (prime - 1) / 2];
        for (int bits = 63; bits < 254; bits++)
        {
            samples.Add((BigInteger.One << bits) % prime);
            samples.Add(((BigInteger.One << bits) - 1) % prime);
        }

        while (samples.Count < count)
        {
            samples.Add(Below(random, prime));
        }

        return samples;
    }

    public static AffinePoint<Fp> TimesG1(BigInteger factor) =>
        CurvePoint<Fp>.Multiply(G1, Word(factor % R)).ToAffine();

    public static AffinePoint<Fp2> TimesG2(BigInteger factor) =>
        CurvePoint<Fp2>.Multiply(G2, Word(factor % R)).ToAffine();
}
