using System;
using System.Linq;
using System.Numerics;
using System.Text.Json;
using ComputeVoucher.Primitives.Tests.Support;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Primitives.Tests;

public sealed class AddressTests
{
    [Fact]
    public void ToString_OfTheEip55Example_CarriesItsChecksum() =>
        Assert.Equal(
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            Address.Parse("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed").ToString());

    [Fact]
    public void TryParse_WithOneLetterInTheWrongCase_IsRefused()
    {
        const string Right = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        Assert.True(Address.TryParse(Right, out _));
        for (int i = 2; i < Right.Length; i++)
        {
            if (char.IsAsciiLetter(Right[i]))
            {
                string wrong = Right[..i] + (char)(Right[i] ^ 0x20) + Right[(i + 1)..];
                Assert.False(Address.TryParse(wrong, out _));
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("0x")]
    [InlineData("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae")]
    [InlineData("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed0")]
    [InlineData("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaeg")]
    [InlineData("0x0x5aaeb6053f3e94c9b9a09f33669435e7ef1bea")]
    public void TryParse_OfAnythingElse_IsRefused(string text) =>
        Assert.False(Address.TryParse(text, out _));

    [SharedDataFact("ethereum/ethers/accounts.json.gz")]
    public void Parse_OfTheEthersAccounts_AgreesWithKeyChecksumAndIcap()
    {
        int cases = 0;
        foreach (JsonElement vector in Vectors.Ethers("accounts").EnumerateArray())
        {
            Address address = Address.Parse(vector.Text("address"));
            Assert.Equal(vector.Text("address"), address.ToString());
            Assert.Equal(vector.Text("icap"), Icap(address));
            if (vector.TryGetProperty("privateKey", out JsonElement key)
                && key.ValueKind == JsonValueKind.String)
            {
                using PrivateKey privateKey = PrivateKey.Parse(key.GetString());
                Assert.Equal(address, privateKey.Address);
            }

            cases++;
        }

        Assert.Equal(259, cases);
    }

    /// <summary>
    /// The address as an IBAN of country XE: base 36, two check digits modulo 97.
    /// </summary>
    private static string Icap(Address address)
    {
        BigInteger number = new(address.Span, isUnsigned: true, isBigEndian: true);
        string digits = "";
        for (; number > 0; number /= 36)
        {
            digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(int)(number % 36)] + digits;
        }

        digits = digits.PadLeft(30, '0');
        string numeric = string.Concat((digits + "XE00").Select(
            c => Convert.ToString(char.IsAsciiDigit(c) ? c - '0' : c - 'A' + 10, 10)));
        int check = 98 - (int)(BigInteger.Parse(numeric) % 97);
        return $"XE{check:00}{digits}";
    }
}
