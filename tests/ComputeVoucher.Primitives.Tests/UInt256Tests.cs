using System;
using System.Collections.Generic;
using System.Numerics;
using ComputeVoucher.Primitives.Tests.Support;

namespace ComputeVoucher.Primitives.Tests;

public sealed class UInt256Tests
{
    private static readonly BigInteger s_modulus = BigInteger.One << 256;

    [Fact]
    public void Arithmetic_OnManyPairs_EqualsBigIntegerOrOverflows()
    {
        Noise noise = new(seed: 31);
        List<BigInteger> numbers =
        [
            0, 1, 2, ulong.MaxValue, (BigInteger)UInt128.MaxValue, (BigInteger)UInt128.MaxValue + 1,
            s_modulus - 1, s_modulus - 2, s_modulus >> 1,
        ];
        for (int i = 0; i < 60; i++)
        {
            byte[] bytes = new byte[noise.Below(33)];
            noise.Fill(bytes);
            numbers.Add(new BigInteger(bytes, isUnsigned: true));
        }

        foreach (BigInteger a in numbers)
        {
            foreach (BigInteger b in numbers)
            {
                UInt256 x = UInt256.FromBigInteger(a);
                UInt256 y = UInt256.FromBigInteger(b);
                Check(a + b, () => x + y);
                Check(a - b, () => x - y);
                Check(a * b, () => x * y);
                Assert.Equal(a.CompareTo(b), x.CompareTo(y));
                Assert.Equal(a < b, x < y);
                Assert.Equal(a == b, x == y);
                if (!b.IsZero)
                {
                    Check(a / b, () => x / y);
                }
            }

            Assert.Equal(a, UInt256.FromBigInteger(a).ToBigInteger());
            Assert.Equal(a, UInt256.Parse(a.ToString()).ToBigInteger());
            Assert.Equal(a, UInt256.Parse(UInt256.FromBigInteger(a).ToHex()).ToBigInteger());
            Assert.Equal(
                a,
                UInt256.FromBigEndian(UInt256.FromBigInteger(a).ToBytes32().Span).ToBigInteger());
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("0x")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("1e3")]
    [InlineData("0x1g")]
    [InlineData("115792089237316195423570985008687907853269984665640564039457584007913129639936")]
    [InlineData("0x10000000000000000000000000000000000000000000000000000000000000000")]
    public void TryParse_OfWhatIsNoUInt256_IsRefused(string text) =>
        Assert.False(UInt256.TryParse(text, out _));

    [Fact]
    public void Narrowing_OfWhatDoesNotFit_IsRefused()
    {
        UInt256 large = new(0, (UInt128)ulong.MaxValue + 1);
        UInt256 larger = new(1, 0);
        Assert.Throws<OverflowException>(() => larger.ToUInt128());
        Assert.False(large.TryToUInt64(out _));
        Assert.False(larger.TryToUInt64(out _));
        Assert.False(larger.TryToUInt128(out _));
        Assert.Equal((UInt128)ulong.MaxValue + 1, large.ToUInt128());
    }

    private static void Check(BigInteger expected, Func<UInt256> compute)
    {
        if (expected.Sign < 0 || expected >= s_modulus)
        {
            Assert.Throws<OverflowException>(() => compute());
            return;
        }

        Assert.Equal(expected, compute().ToBigInteger());
    }
}
